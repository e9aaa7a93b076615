import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const shape = /^[a-z][a-z0-9]{1,9}_[0-9A-Za-z]{38}$/;

/** Valid values of `TOKENSD_TOKEN_PREFIX`. */
export const productPrefixPattern = /^[a-z][a-z0-9]{1,9}$/;

export const bodyLength = 32;
export const checksumLength = 6;
/** The characters of a value after its `_`. */
export const valueTailLength = bodyLength + checksumLength;
const publicBodyLength = 8;
const maxValueLength = 255;

/** The characters of a token's body, ordered by their value as a digit. */
export const base62Alphabet = alphabet;

/** Returns CRC-32 (IEEE) of a text as six base62 digits, most significant first, padded on the left with `0`. */
export function checksum(text: string): string {
  let remainder = crc32(text);
  let digits = '';
  for (let place = 0; place < checksumLength; place += 1) {
    digits = alphabet.charAt(remainder % 62) + digits;
    remainder = Math.floor(remainder / 62);
  }
  return digits;
}

/** Returns the token value for a product prefix and a body of 32 random base62 characters. */
export function assembleToken(productPrefix: string, body: string): string {
  const checked = `${productPrefix}_${body}`;
  return checked + checksum(checked);
}

/**
 * Checks length, shape and checksum, in this order. Accepts every product prefix, because values stay valid after
 * `TOKENSD_TOKEN_PREFIX` changes.
 */
export function isWellFormedToken(value: string): boolean {
  if (value.length > maxValueLength || !shape.test(value)) return false;
  const checked = value.slice(0, -checksumLength);
  return checksum(checked) === value.slice(-checksumLength);
}

/** Returns the part of a well-formed value that is safe to show: the product prefix, `_` and 8 characters of the body. */
export function displayPrefix(value: string): string {
  return value.slice(0, value.indexOf('_') + 1 + publicBodyLength);
}
