import { limits } from '../../../../../shared/limits.ts';
import { type AllowLine, coversLine, parseAllowLine } from '../allow-line.ts';
import { readOnlyMethods } from '../evaluate.ts';
import { coverLines, formatAllowLine } from './cover.ts';
import { patternOfRecorded } from './recorded-pattern.ts';

/** The recorded data about the allowed uses of a token in a window of time. */
export interface RecordedUses {
  /** Allowed uses in the window. */
  readonly uses: number;
  /** Paths as `foldPath` returns them. A method is null if no proxy sent it, and `OTHER` if it is unusual. */
  readonly routes: ReadonlyArray<{ method: string | null; path: string; uses: number }>;
  readonly networks: ReadonlyArray<{ network: string; uses: number }>;
  /** Names of apps. */
  readonly apps: ReadonlyArray<{ app: string; uses: number }>;
  /** The inputs of rules that some of the uses lacked. */
  readonly gaps: ReadonlySet<Gap>;
}

/**
 * `app`: the request was for no app. `deleted-app`: the app no longer exists, so no rule can name it. `method`, `path`, `network`:
 * no trusted proxy sent it. `ambiguous-path`: rules deny the path, or it is too long to be recorded as a whole.
 */
export type Gap = 'app' | 'deleted-app' | 'method' | 'path' | 'ambiguous-path' | 'network';

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

/**
 * `too-many`: the token may have used more routes than are recorded, or it used more networks or apps than a rule can hold.
 * `present-rule`: the token's present rule allows less.
 */
export type OmissionReason =
  | 'no-app'
  | 'deleted-app'
  | 'unknown-method'
  | 'unknown-path'
  | 'ambiguous-path'
  | 'unknown-network'
  | 'too-many'
  | 'present-rule';

/** Why a rule is not suggested, although it would narrow the token. */
export interface Omission {
  readonly rule: 'apps' | 'read_only' | 'allow' | 'networks';
  readonly reason: OmissionReason;
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

function suggestApps({ apps, gaps }: RecordedUses): Part<string[] | null> {
  if (gaps.has('deleted-app')) return omit(null, 'apps', 'deleted-app');
  if (apps.length === 0) return { value: null, covers: [] };
  if (gaps.has('app')) return omit(null, 'apps', 'no-app');
  if (apps.length > limits.maxRuleEntries) return omit(null, 'apps', 'too-many');
  return {
    value: apps.map(({ app }) => app).sort(),
    covers: apps.map(({ app, uses }) => ({ rule: app, uses })),
  };
}

/** Returns why nothing can be said about all methods that were used, or null. */
function unknownMethods({ routes, gaps }: RecordedUses): OmissionReason | null {
  if (routes.length >= limits.maxSeenValues) return 'too-many';
  if (gaps.has('path')) return 'unknown-path';
  return gaps.has('method') || routes.some(({ method }) => method === null) ? 'unknown-method' : null;
}

function suggestReadOnly(recorded: RecordedUses): Part<boolean> {
  const { routes } = recorded;
  const isReadOnly = routes.every(({ method }) => method === null || readOnlyMethods.has(method));
  if (routes.length === 0 || !isReadOnly) return { value: false, covers: [] };
  const unknown = unknownMethods(recorded);
  if (unknown !== null) return omit(false, 'read_only', unknown);
  return { value: true, covers: [{ rule: 'read_only', uses: sum(routes) }] };
}

function suggestAllow(recorded: RecordedUses): Part<string[] | null> {
  const { routes, gaps } = recorded;
  if (routes.length === 0) return { value: null, covers: [] };
  const unknown = unknownMethods(recorded);
  if (unknown !== null) return omit(null, 'allow', unknown);
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
