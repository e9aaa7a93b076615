import leven from 'leven';
import { foldName } from '../../../shared/names.ts';
import { sanitize } from '../../ui/sanitize.ts';

const maxSuggested = 2;
/** The most edits that a slip of the keyboard makes. */
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

/** Returns how many letters differ, or null if the texts are not close. */
function editsBetween(wanted: string, name: string): number | null {
  const max = Math.min(maxEdits, Math.max(1, Math.floor(wanted.length / 2.5)));
  const edits = leven(wanted, name, { maxDistance: max + 1 });
  if (edits <= max) return edits;
  return wanted.length >= 3 && name.startsWith(wanted) ? max + 1 : null;
}
