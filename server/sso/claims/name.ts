import { limits } from '../../../shared/limits.ts';
import { normalizeName } from '../../../shared/names.ts';
import { redact } from '../../../shared/redact.ts';
import { userNameSchema } from '../../../shared/schemas/common.ts';
import { type Claims, readText } from './values.ts';

/** Longer names are cut before they are cleaned, which bounds the work. */
const maxNameUnits = 1000;

/**
 * Returns the person's name, or null if the provider did not name one that a member may have. Prefers `name`, and composes
 * `given_name` and `family_name` otherwise.
 */
export function readName(sources: readonly Claims[]): string | null {
  const names = sources.map(({ name }) => cleanName(readText(name) ?? ''));
  const composed = sources.map(({ given_name: given, family_name: family }) =>
    cleanName([given, family].map((part) => cleanName(readText(part) ?? '')).join(' ')),
  );
  return [...names, ...composed].find((name) => name !== '') ?? null;
}

/** Returns the text as a name that a member may have: without invisible characters and not too long. */
function cleanName(text: string): string {
  const visible = text
    .slice(0, maxNameUnits)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{C}+/gu, '');
  // The name becomes too short for this check when it is cut.
  if (redact(visible) !== visible) return '';
  const cut = [...normalizeName(visible)].slice(0, limits.maxNameCodePoints).join('');
  return userNameSchema.safeParse(cut).data ?? '';
}
