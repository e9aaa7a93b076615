import { foldName } from '../../../shared/names.ts';
import { CliError, localError } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { didYouMean } from './close-names.ts';

export interface Named {
  readonly id?: string;
  readonly name: string;
  readonly prefix: string;
  readonly owner: string;
  /** The value before a rotation while it still works. Outputs show its prefix as well. */
  readonly previous?: { readonly prefix: string } | null | undefined;
}

/**
 * Returns the candidate that `text` refers to: by exact name after NFC, else by name under case folding, else by prefix,
 * else by the prefix before the last rotation, else by ID. A text that is the name of one token and the prefix of another is
 * ambiguous, because the reader of a mail means the prefix. `listCommand` is the command that lists the candidates.
 * @throws CliError `token-not-found`, or `ambiguous-name`, which lists the candidates.
 */
export function matchName<T extends Named>(text: string, candidates: readonly T[], listCommand = 'tokens list'): T {
  const exact = text.normalize('NFC');
  const folded = foldName(text);
  const rules: ((candidate: T) => boolean)[] = [
    (candidate) => candidate.name === exact,
    (candidate) => foldName(candidate.name) === folded,
    (candidate) => candidate.prefix === text,
    (candidate) => candidate.previous?.prefix === text,
    (candidate) => candidate.id === text.toLowerCase(),
  ];
  for (const rule of rules) {
    const [first, ...others] = candidates.filter(rule);
    if (!first) continue;
    const found = [first, ...others, ...candidates.filter((other) => other.prefix === text && other !== first)];
    const different = [...new Set(found)];
    if (different.length > 1) throw ambiguous(text, different);
    return first;
  }
  const names = candidates.map(({ name }) => name);
  throw localError(
    'token-not-found',
    `There is no token ${quoted(text)}.${didYouMean(text, names)} Run \`${listCommand}\` to see the tokens that there are.`,
  );
}

/** Matches several names like `matchName`. Returns each token once, and the errors of the names that match none or several. */
export function matchNames<T extends Named>(
  names: readonly string[],
  candidates: readonly T[],
  listCommand?: string,
): { found: T[]; failures: unknown[] } {
  const found = new Set<T>();
  const failures: unknown[] = [];
  for (const name of names) {
    try {
      found.add(matchName(name, candidates, listCommand));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      failures.push(error);
    }
  }
  return { found: [...found], failures };
}

export function ambiguous(text: string, found: readonly Named[]): CliError {
  // Prefixes are random, so two tokens can have the same one. Their names can be the same as well if their owners differ.
  const isShared = found.filter(({ prefix, previous }) => prefix === text || previous?.prefix === text).length > 1;
  const list = found.map(
    ({ id, name, prefix, owner }) => `${sanitize(name)} (${isShared ? id : prefix}, ${sanitize(owner)})`,
  );
  const remedy = isShared
    ? 'Give the ID of the one that you mean.'
    : 'Give the other name or prefix of the one that you mean.';
  return localError('ambiguous-name', `${quoted(text)} matches more than one token: ${list.join(', ')}. ${remedy}`);
}

function quoted(text: string): string {
  return `"${sanitize(text)}"`;
}
