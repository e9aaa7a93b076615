import { isWellFormedToken } from '../../../shared/token-format.ts';
import type { HashMatch, LeakRecord } from '../../store/records.ts';
import { hashSecret } from '../secrets.ts';
import { createActOnLeak, type LeaksDeps } from './act-on-leak.ts';
import { placesOf } from './found-at.ts';
import { isLive } from './live.ts';
import type { Reporter } from './reporter.ts';

/** A value that was found somewhere. `source` and `url` are text from outside. */
export interface ReportedValue {
  value: string;
  source?: string | null | undefined;
  url?: string | null | undefined;
}

export interface ReportResult {
  /** Whether each value, in the order of the report, is or was one of ours. */
  isOurs: boolean[];
  /** The hashes of the canaries. */
  canaries: string[];
}

/** Answers scanners that ask about found values, and acts on reports of leaked ones. */
export interface Leaks {
  /** Reports whether one of the values is live. Records no use. */
  isAnyLive(values: readonly string[]): Promise<boolean>;
  /**
   * Acts on each value that is live, in a transaction of its own. The caller records the uses of the canaries that it returns.
   * @throws ProblemError `not-authenticated`, `scope-missing` if the reporter lost its right meanwhile
   */
  report(reporter: Reporter, values: readonly ReportedValue[]): Promise<ReportResult>;
}

/** A value, what belongs to its hash, and all that the report says about it. */
interface Found {
  value: string;
  match: HashMatch | null;
  reports: ReportedValue[];
}

export function createLeaks(deps: LeaksDeps): Leaks {
  const { store, notifier, statusContext } = deps;
  const act = createActOnLeak(deps);

  /** Finds what belongs to each hash. A malformed value has no hash, and never reaches the database. */
  async function find(values: readonly ReportedValue[]): Promise<Map<string, Found>> {
    const reports = new Map<string, Omit<Found, 'match'>>();
    for (const reported of values) {
      if (!isWellFormedToken(reported.value)) continue;
      const hash = hashSecret(reported.value);
      const ofValue = reports.get(hash);
      if (ofValue === undefined) reports.set(hash, { value: reported.value, reports: [reported] });
      else ofValue.reports.push(reported);
    }
    const matches = reports.size === 0 ? [] : await store.tokens.findByHashes([...reports.keys()]);
    return new Map([...reports].map(([hash, ofValue], index) => [hash, { ...ofValue, match: matches[index] ?? null }]));
  }

  return {
    async isAnyLive(values) {
      const found = await find(values.map((value) => ({ value })));
      const context = statusContext();
      return [...found.values()].some(({ match }) => match !== null && isLive(match, context));
    },

    async report(reporter, values) {
      const found = await find(values);
      const canaries = await store.canaries.findByHashes(canariesAmong(found));
      const outcomes: Array<LeakRecord['outcome'] | null> = [];
      for (const [hash, { value, match, reports }] of ownLast(found, reporter)) {
        if (match === null || match.kind === 'tombstone' || !isLive(match, statusContext())) continue;
        const tokenId = match.kind === 'canary' ? canaries.get(hash)?.id : match.id;
        if (tokenId === undefined) continue;
        outcomes.push(await act(reporter, { hash, tokenId, places: placesOf(value, reports) }));
      }
      if (outcomes.some((outcome) => outcome !== null)) notifier.wake();
      const isOurs = ({ value }: ReportedValue) =>
        isWellFormedToken(value) && (found.get(hashSecret(value))?.match ?? null) !== null;
      return { isOurs: values.map(isOurs), canaries: [...canaries.keys()] };
    },
  };
}

function canariesAmong(found: ReadonlyMap<string, Found>): string[] {
  return [...found].filter(([, { match }]) => match?.kind === 'canary').map(([hash]) => hash);
}

/** Moves the reporting key's own value to the end, because acting on it may stop the key. */
function ownLast(found: ReadonlyMap<string, Found>, reporter: Reporter): Array<[string, Found]> {
  const isOwn = ({ match }: Found) =>
    reporter.kind === 'key' && match?.kind === 'token' && match.id === reporter.key.key.id;
  const all = [...found];
  return [...all.filter(([, value]) => !isOwn(value)), ...all.filter(([, value]) => isOwn(value))];
}
