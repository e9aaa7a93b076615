import { foldName } from '../../shared/names.ts';
import { type CliError, localError } from '../errors.ts';
import { plain } from '../ui/plain.ts';

export interface Named {
  readonly name: string;
  readonly prefix: string;
  readonly owner: string;
}

/**
 * What a person means by `text`: the one whose name is it exactly (NFC), else under case folding, else the one with
 * that whole prefix. Throws `token-not-found`, or `ambiguous-name` that lists the candidates.
 */
export function matchName<T extends Named>(text: string, candidates: readonly T[]): T {
  const exact = text.normalize('NFC');
  const folded = foldName(text);
  const ways: ((candidate: T) => boolean)[] = [
    (candidate) => candidate.name === exact,
    (candidate) => foldName(candidate.name) === folded,
    (candidate) => candidate.prefix === text,
  ];
  for (const matches of ways) {
    const [first, ...others] = candidates.filter(matches);
    if (first && others.length === 0) return first;
    if (first) throw ambiguous(text, [first, ...others]);
  }
  throw localError('token-not-found', `There is no token ${quoted(text)}. See them with \`tokens list\`.`);
}

function ambiguous(text: string, found: readonly Named[]): CliError {
  const list = found.map(({ name, prefix, owner }) => `${plain(name)} (${prefix}, ${owner})`).join(', ');
  return localError('ambiguous-name', `${quoted(text)} could be any of: ${list}. Say which by its whole name.`);
}

function quoted(text: string): string {
  return `"${plain(text)}"`;
}
