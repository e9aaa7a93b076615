import { redact } from './redact.ts';
import { bodyLength, checksumLength, isWellFormedToken } from './token-format.ts';

const valueAround = /(?<=[a-z][a-z0-9]{1,9})_[0-9A-Za-z]{38}/g;
const minPrefixLength = 2;
/** The characters after the `_` that `redact` keeps. */
const publicLength = 8;
const secretLength = bodyLength + checksumLength - publicLength;

/**
 * Redacts everything that `redact` redacts, and also token values that other letters or digits touch, as in `/filetok_…`. The checksum
 * tells them from other text. Loading this takes longer than `redact`, because of the checksum.
 */
export function redactEmbedded(text: string): string {
  let shown = '';
  let end = 0;
  for (const { index, 0: tail } of text.matchAll(valueAround)) {
    if (!isValue(text, index, tail)) continue;
    // The end of a value can be the prefix of the next one.
    const from = index + 1 + publicLength;
    shown += `${text.slice(end, from)}[redacted]`;
    end = from + secretLength;
  }
  return redact(shown + text.slice(end));
}

/** Reports whether a value ends with `tail`, which begins at `index`. Its prefix can be any part of the text before. */
function isValue(text: string, index: number, tail: string): boolean {
  const before = /[a-z0-9]{1,10}$/.exec(text.slice(Math.max(0, index - 10), index))?.[0] ?? '';
  for (let length = minPrefixLength; length <= before.length; length += 1) {
    if (isWellFormedToken(before.slice(-length) + tail)) return true;
  }
  return false;
}
