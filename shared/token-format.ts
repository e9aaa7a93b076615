import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const shape = /^[a-z][a-z0-9]{1,9}_[0-9A-Za-z]{38}$/;

/** What `TOKENSD_TOKEN_PREFIX` may be. */
export const productPrefixPattern = /^[a-z][a-z0-9]{1,9}$/;

export const bodyLength = 32;
const checksumLength = 6;
const publicBodyLength = 8;
const longestValue = 255;

/** The 62 characters of a token's body, in the order of their digit values. */
export const base62Alphabet = alphabet;

/** Six base62 digits of CRC-32 (IEEE) over `text`, most significant first, left-padded with `0`. */
export function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let place = 0; place < checksumLength; place += 1) {
    digits = alphabet.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Puts a value together from the product prefix and a body of 32 random base62 characters. */
export function assembleToken(productPrefix: string, body: string): string {
  const checked = `${productPrefix}_${body}`;
  return checked + checksum(checked);
}

/** Length, shape and checksum, in that order. Any product prefix counts: values of an older one work for ever. */
export function isWellFormedToken(value: string): boolean {
  if (value.length > longestValue || !shape.test(value)) return false;
  const checked = value.slice(0, -checksumLength);
  return checksum(checked) === value.slice(-checksumLength);
}

/** The part that may be shown: product prefix, `_`, and the first 8 characters of the body. Expects a well-formed value. */
export function displayPrefix(value: string): string {
  return value.slice(0, value.indexOf('_') + 1 + publicBodyLength);
}
