import { redact } from '../../../shared/redact.ts';

/** Where a value was found. Null if the reporter did not say, or said it in a form that we do not keep. */
export interface FoundAt {
  source: string | null;
  url: string | null;
}

const maxUrlCharacters = 2048;
const maxSourceCharacters = 64;
const invisible = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Returns what we keep of the place in a report. Both texts are from outside, and either may contain the leaked value or another secret.
 * Of the address, only `http` and `https` are kept, without user name, password and query, and with the fragment only if it names lines.
 */
export function foundAt(reported: { source?: string | null | undefined; url?: string | null | undefined }): FoundAt {
  return { source: keptSource(reported.source ?? ''), url: keptUrl(reported.url ?? '') };
}

function keptSource(text: string): string | null {
  const shown = redact(text.replace(invisible, '').trim());
  return [...shown].slice(0, maxSourceCharacters).join('') || null;
}

function keptUrl(text: string): string | null {
  if (text.length > maxUrlCharacters || !URL.canParse(text)) return null;
  const { protocol, origin, pathname, hash } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  const lines = /^#L[0-9]+(?:C[0-9]+)?(?:-L[0-9]+(?:C[0-9]+)?)?$/.test(hash) ? hash : '';
  return redact(`${origin}${pathname}${lines}`);
}
