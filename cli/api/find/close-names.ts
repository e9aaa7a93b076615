import leven from 'leven';
import { foldName } from '../../../shared/names.ts';
import { sanitize } from '../../ui/sanitize.ts';

const maxSuggested = 2;
/** Maximum number of edits that count as a typing mistake. */
const maxEdits = 3;

/** Returns a sentence, with a space before it, that suggests up to two names that are close to `text`. Returns '' if none is. */
export function didYouMean(text: string, names: readonly string[]): string {
  const close = closeNames(text, names).map(sanitize);
  return close.length === 0 ? '' : ` Did you mean ${close.join(' or ')}?`;
}

/**
 * Returns up to two names that are close to `text`, the closest first. A name is close if few letters differ, compared with
 * its length, or if it begins with `text`.
 */
export function closeNames(text: string, names: readonly string[]): string[] {
  const wanted = foldName(text);
  if (wanted === '') return [];
  return [...new Set(names)]
    .map((name) => ({ name, edits: editsBetween(wanted, foldName(name)) }))
    .filter(({ edits }) => edits !== null)
    .sort((one, other) => Number(one.edits) - Number(other.edits))
    .slice(0, maxSuggested)
    .map(({ name }) => name);
}

/** Returns how many letters differ, or null if the texts are not close. Two neighbors that are swapped count as one. */
function editsBetween(wanted: string, name: string): number | null {
  const max = Math.min(maxEdits, Math.max(1, Math.floor(wanted.length / 2.5)));
  const distance = (text: string) => leven(text, name, { maxDistance: max + 1 });
  const edits = Math.min(distance(wanted), ...withSwap(wanted).map((text) => 1 + distance(text)));
  if (edits <= max) return edits;
  return wanted.length >= 3 && (name.startsWith(wanted) || isAbbreviated(wanted, name)) ? max + 1 : null;
}

/** Returns the text with each pair of neighbors swapped. */
function withSwap(text: string): string[] {
  const letters = [...text];
  return letters.slice(1).map((letter, index) =>
    letters
      .with(index, letter)
      .with(index + 1, letters[index] ?? '')
      .join(''),
  );
}

/** Returns whether `text` is `name` without one or two of its letters, such as `usr` for `users`. */
function isAbbreviated(text: string, name: string): boolean {
  const missing = name.length - text.length;
  if (missing < 1 || missing > 2 || name[0] !== text[0]) return false;
  return leven(text, name) === missing;
}
