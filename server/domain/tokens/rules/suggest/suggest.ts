import { limits } from '../../../../../shared/limits.ts';
import { type AllowLine, coversLine, parseAllowLine } from '../allow-line.ts';
import { readOnlyMethods } from '../evaluate.ts';
import { coverLines, formatAllowLine } from './cover.ts';
import { patternOfRecorded } from './recorded-pattern.ts';

/** What is recorded about the allowed uses of a token in a window of time. */
export interface RecordedUses {
  /** Allowed uses in the window. */
  readonly uses: number;
  /** Paths as `foldPath` returns them. A method is null if no proxy told it, and `OTHER` if it is unusual. */
  readonly routes: ReadonlyArray<{ method: string | null; path: string; uses: number }>;
  readonly networks: ReadonlyArray<{ network: string; uses: number }>;
  /** Names of apps. Null: requests for no app. */
  readonly apps: ReadonlyArray<{ app: string | null; uses: number }>;
  /** What was missing, or ambiguous, in some of the uses. */
  readonly gaps: ReadonlySet<Gap>;
}

/** `path`, `network`: no trusted proxy told it. `ambiguous-path`: rules deny the path, whatever it is recorded as. */
export type Gap = 'path' | 'ambiguous-path' | 'network';

export interface SuggestedRules {
  readonly apps: readonly string[] | null;
  readonly readOnly: boolean;
  readonly allow: readonly string[] | null;
  readonly networks: readonly string[] | null;
}

/** `rule` is the name of an app, `read_only`, a line of `allow`, or a network. */
export interface Coverage {
  readonly rule: string;
  readonly uses: number;
}

/** Why a rule is not suggested, although it would narrow the token. */
export interface Omission {
  readonly rule: 'apps' | 'read_only' | 'allow' | 'networks';
  readonly reason: 'no-app' | 'unknown-method' | 'unknown-path' | 'ambiguous-path' | 'unknown-network' | 'too-many';
}

export interface Suggestion extends SuggestedRules {
  readonly uses: number;
  readonly covers: readonly Coverage[];
  readonly omitted: readonly Omission[];
}

/** More lines are hard to review. Beyond that, lines are merged. */
const maxAllowLines = 10;

interface Part<T> {
  readonly value: T;
  readonly covers: readonly Coverage[];
  readonly omitted?: Omission;
}

/**
 * Returns the narrowest rules that would have denied none of the recorded uses, with at most ten lines of `allow`. A rule is
 * left out if it would have denied one of them.
 */
export function suggestRules(recorded: RecordedUses): Suggestion {
  const parts = {
    apps: suggestApps(recorded),
    readOnly: suggestReadOnly(recorded),
    allow: suggestAllow(recorded),
    networks: suggestNetworks(recorded),
  };
  const all: Array<Part<unknown>> = [parts.apps, parts.readOnly, parts.allow, parts.networks];
  return {
    apps: parts.apps.value,
    readOnly: parts.readOnly.value,
    allow: parts.allow.value,
    networks: parts.networks.value,
    uses: recorded.uses,
    covers: all.flatMap(({ covers }) => covers),
    omitted: all.flatMap(({ omitted }) => omitted ?? []),
  };
}

function omit<T>(value: T, rule: Omission['rule'], reason: Omission['reason']): Part<T> {
  return { value, covers: [], omitted: { rule, reason } };
}

function suggestApps({ apps }: RecordedUses): Part<string[] | null> {
  const named = apps.flatMap(({ app, uses }) => (app === null ? [] : { rule: app, uses }));
  if (named.length === 0) return { value: null, covers: [] };
  if (named.length < apps.length) return omit(null, 'apps', 'no-app');
  return { value: named.map(({ rule }) => rule).sort(), covers: named };
}

function suggestReadOnly({ routes, gaps }: RecordedUses): Part<boolean> {
  if (routes.length === 0) return { value: false, covers: [] };
  if (gaps.has('path')) return omit(false, 'read_only', 'unknown-path');
  if (routes.some(({ method }) => method === null)) return omit(false, 'read_only', 'unknown-method');
  if (!routes.every(({ method }) => readOnlyMethods.has(method ?? ''))) return { value: false, covers: [] };
  return { value: true, covers: [{ rule: 'read_only', uses: sum(routes) }] };
}

function suggestAllow({ routes, gaps }: RecordedUses): Part<string[] | null> {
  if (routes.length === 0) return { value: null, covers: [] };
  if (gaps.has('path')) return omit(null, 'allow', 'unknown-path');
  if (routes.some(({ method }) => method === null)) return omit(null, 'allow', 'unknown-method');
  const used: Array<{ line: AllowLine; uses: number }> = [];
  for (const { method, path, uses } of routes) {
    const pattern = patternOfRecorded(path);
    if (pattern === null || gaps.has('ambiguous-path')) return omit(null, 'allow', 'ambiguous-path');
    const methods = method === null || method === 'OTHER' ? null : new Set([method]);
    used.push({ line: { methods, pattern }, uses });
  }
  const texts = coverLines(
    used.map(({ line }) => line),
    maxAllowLines,
  ).map(formatAllowLine);
  const lines = texts.map(parseAllowLine);
  const isCovered = (narrow: AllowLine) => lines.some((wide) => coversLine(wide, narrow));
  if (!used.every(({ line }) => isCovered(line))) throw new Error('A suggested rule would deny a recorded request');
  const covers = lines.map((line, index) => ({
    rule: texts[index] ?? '',
    uses: sum(used.filter(({ line: narrow }) => coversLine(line, narrow))),
  }));
  return { value: texts, covers };
}

function suggestNetworks({ networks, gaps }: RecordedUses): Part<string[] | null> {
  if (networks.length === 0) return { value: null, covers: [] };
  if (gaps.has('network')) return omit(null, 'networks', 'unknown-network');
  if (networks.length > limits.maxRuleEntries) return omit(null, 'networks', 'too-many');
  return {
    value: networks.map(({ network }) => network).sort(),
    covers: networks.map(({ network, uses }) => ({ rule: network, uses })),
  };
}

function sum(counted: ReadonlyArray<{ uses: number }>): number {
  return counted.reduce((total, { uses }) => total + uses, 0);
}
