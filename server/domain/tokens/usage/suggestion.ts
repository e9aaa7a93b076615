import { ProblemError } from '../../../../shared/problem.ts';
import type { GapTimes, TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Operator } from '../../caller.ts';
import { findToken } from '../find.ts';
import { withinPresentRules } from '../rules/suggest/present-rules.ts';
import { type Gap, type RecordedUses, type Suggestion, suggestRules } from '../rules/suggest/suggest.ts';
import { type ParsedRules, parseRules } from '../rules/token-rules.ts';
import { splitRoute } from './fold.ts';
import type { UsageReader } from './usage.ts';

/** Fewer uses say little about what a token needs. */
export const minSuggestionUses = 20;

export interface SuggestionOptions {
  days: number;
  /** Whether to suggest rules even if there are fewer than 20 uses. */
  force?: boolean | undefined;
}

export interface Suggestions {
  /**
   * Returns the narrowest rules that would have denied none of the recorded uses of the last `days` days in UTC, today included. The
   * owner and superusers may read them. @throws ProblemError `token-not-found`, `too-few-uses`
   */
  of(operator: Operator, tokenId: string, options: SuggestionOptions): Promise<Suggestion>;
}

interface SuggestionDeps {
  store: Store;
  usage: Pick<UsageReader, 'ofToken'>;
}

export function createSuggestions({ store, usage }: SuggestionDeps): Suggestions {
  async function recordedUses(operator: Operator, token: TokenRecord, days: number, present: ParsedRules | null) {
    const { days: counted, seen } = await usage.ofToken(operator, token, days);
    // Read last, so that no use is without its gaps.
    const gapTimes = await store.usage.gapsOf(token.id);
    const names = await store.apps.namesOf([...seen.app.map(({ value }) => value), ...(present?.apps ?? [])]);
    const gaps = gapsSince(gapTimes, counted[0]?.at ?? 0);
    const apps = seen.app.flatMap(({ value, uses }) => ({ app: names.get(value) ?? null, uses }));
    if (apps.some(({ app }) => app === null)) gaps.add('deleted-app');
    const recorded: RecordedUses = {
      uses: counted.reduce((total, { allowed }) => total + allowed, 0),
      routes: seen.route.map(({ value, uses }) => ({ ...splitRoute(value), uses })),
      networks: seen.network.map(({ value, uses }) => ({ network: value, uses })),
      apps: apps.flatMap(({ app, uses }) => (app === null ? [] : { app, uses })),
      gaps,
    };
    return { recorded, names };
  }

  return {
    async of(operator, tokenId, { days, force = false }) {
      const token = await findToken(store, operator, tokenId);
      const present = enforcedRules(token.rules);
      const { recorded, names } = await recordedUses(operator, token, days, present);
      if (recorded.uses < minSuggestionUses && !force) throw tooFewUses(recorded.uses, days);
      return withinPresentRules(suggestRules(recorded), present && withAppNames(present, names));
    },
  };
}

function enforcedRules(text: string | null): ParsedRules | null {
  const rules = text === null ? null : parseRules(text);
  return rules?.enforce === true ? rules : null;
}

/** Leaves out apps that no longer exist, because they allow nothing. */
function withAppNames(rules: ParsedRules, names: ReadonlyMap<string, string>): ParsedRules {
  return { ...rules, apps: rules.apps && new Set([...rules.apps].flatMap((id) => names.get(id) ?? [])) };
}

const gapNames: Record<keyof GapTimes, Gap> = {
  noAppAt: 'app',
  noPathAt: 'path',
  oddPathAt: 'ambiguous-path',
  noNetworkAt: 'network',
  noMethodAt: 'method',
};

function gapsSince(times: GapTimes, since: number): Set<Gap> {
  const recent = (Object.keys(gapNames) as Array<keyof GapTimes>).filter((name) => (times[name] ?? -1) >= since);
  return new Set(recent.map((name) => gapNames[name]));
}

function tooFewUses(uses: number, days: number): ProblemError {
  return new ProblemError(
    'too-few-uses',
    `A suggestion needs ${minSuggestionUses} uses, and the token has ${uses} in the last ${days} days. Wait for more uses, choose a longer period, or force a suggestion.`,
  );
}
