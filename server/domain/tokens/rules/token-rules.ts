import { limits } from '../../../../shared/limits.ts';
import { memoize } from '../../../memoize.ts';
import { type AllowLine, parseAllowLine } from './allow-line.ts';
import { type Network, parseNetwork } from './networks.ts';
import { RuleError } from './rule-error.ts';

/** The rules of a token as its owner writes them. Null or false: there is no such rule. */
export interface TokenRules {
  /** IDs of apps. An empty list denies every request. */
  readonly apps: readonly string[] | null;
  readonly readOnly: boolean;
  /** Lines such as `GET,HEAD /api/**`. */
  readonly allow: readonly string[] | null;
  /** CIDR ranges. */
  readonly networks: readonly string[] | null;
  /** False: the rules are evaluated and counted, but not applied. */
  readonly enforce: boolean;
}

/** Rules that are ready to be evaluated. */
export interface ParsedRules {
  readonly apps: ReadonlySet<string> | null;
  readonly readOnly: boolean;
  readonly allow: readonly AllowLine[] | null;
  readonly networks: readonly Network[] | null;
  readonly enforce: boolean;
}

export const noRules: TokenRules = { apps: null, readOnly: false, allow: null, networks: null, enforce: true };

/** A rule that cannot be used. `pointer` is its place in a request body, such as `/allow/0`. */
export interface RuleProblem {
  pointer: string;
  detail: string;
}

/** Returns what is wrong with rules. Does not check whether the apps exist. */
export function problemsOfRules({ allow, networks }: Pick<TokenRules, 'allow' | 'networks'>): RuleProblem[] {
  return [...problemsOfList('/allow', allow, parseAllowLine), ...problemsOfList('/networks', networks, parseNetwork)];
}

function problemsOfList(
  pointer: string,
  entries: readonly string[] | null,
  parse: (text: string) => unknown,
): RuleProblem[] {
  if (entries === null) return [];
  if (entries.length === 0) return [{ pointer, detail: 'Enter at least one, or null for no rule.' }];
  if (entries.length > limits.maxRuleEntries) return [{ pointer, detail: `Enter at most ${limits.maxRuleEntries}.` }];
  return entries.flatMap((text, index) => {
    try {
      parse(text);
      return [];
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      return [{ pointer: `${pointer}/${index}`, detail: error.message }];
    }
  });
}

/** The form in which rules are stored. Absent fields mean that there is no such rule. */
interface StoredRules {
  apps?: readonly string[];
  read_only?: true;
  allow?: readonly string[];
  networks?: readonly string[];
  observe?: true;
}

/** Returns the text that is stored, or null for a token without rules. Equal rules have equal texts. */
export function storeRules({ apps, readOnly, allow, networks, enforce }: TokenRules): string | null {
  const stored: StoredRules = {
    ...(apps !== null && { apps }),
    ...(readOnly && { read_only: true }),
    ...(allow !== null && { allow }),
    ...(networks !== null && { networks }),
    ...(!enforce && { observe: true }),
  };
  return Object.keys(stored).length === 0 ? null : JSON.stringify(stored);
}

/** Returns the rules that `storeRules` stored. */
export function readRules(text: string | null): TokenRules {
  if (text === null) return noRules;
  const { apps = null, read_only, allow = null, networks = null, observe } = JSON.parse(text) as StoredRules;
  return { apps, readOnly: read_only === true, allow, networks, enforce: observe !== true };
}

/** Denies every request. Stands for rules in a damaged row, which must not allow anything. */
const denyAll: ParsedRules = { apps: new Set(), readOnly: true, allow: [], networks: [], enforce: true };

/** Parses stored rules. Rules that cannot be read deny every request. */
export function parseRules(text: string): ParsedRules {
  try {
    const { apps, readOnly, allow, networks, enforce } = readRules(text);
    return {
      apps: apps === null ? null : new Set(apps),
      readOnly,
      allow: allow === null ? null : allow.map(parseAllowLine),
      networks: networks === null ? null : networks.map(parseNetwork),
      enforce,
    };
  } catch {
    return denyAll;
  }
}

/** The longest rules have 50 lines of 1,024 characters. */
const remembered = { maxEntries: 20_000, maxLength: 131_072, maxCharacters: 8 * 1024 * 1024 };

/** Creates a `parseRules` that parses each distinct text once, and that returns null for a token without rules. */
export function createRuleParser(): (text: string | null) => ParsedRules | null {
  const parse = memoize(parseRules, remembered);
  return (text) => (text === null ? null : parse(text));
}
