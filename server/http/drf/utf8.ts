/**
 * Decodes UTF-8 as Python's stream reader does, with which DRF reads a JSON body. An incomplete sequence at the end is left out.
 *
 * @throws Error in Python's words, if a sequence is invalid
 */
export function decodeUtf8(bytes: Uint8Array): string {
  let at = 0;
  while (at < bytes.length) {
    const { length, reason } = sequenceAt(bytes, at);
    if (reason === 'incomplete') break;
    if (reason !== null) throw new Error(describe(bytes, { at, length, reason }));
    at += length;
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, at));
}

interface Sequence {
  /** The bytes of the sequence, or those that Python's message names. */
  length: number;
  /** Null if the sequence is valid. */
  reason: 'incomplete' | 'invalid start byte' | 'invalid continuation byte' | null;
}

/** Reads the sequence that starts at a position (Unicode Standard, table 3-7). */
function sequenceAt(bytes: Uint8Array, at: number): Sequence {
  const first = bytes[at] ?? 0;
  const length = lengthOf(first);
  if (length === 0) return { length: 1, reason: 'invalid start byte' };
  for (let n = 1; n < length; n += 1) {
    const byte = bytes[at + n];
    if (byte === undefined) return { length: n, reason: 'incomplete' };
    const [min, max] = n === 1 ? secondByteRange(first) : [0x80, 0xbf];
    if (byte < min || byte > max) return { length: n, reason: 'invalid continuation byte' };
  }
  return { length, reason: null };
}

function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function secondByteRange(first: number): readonly [number, number] {
  if (first === 0xe0) return [0xa0, 0xbf];
  if (first === 0xed) return [0x80, 0x9f];
  if (first === 0xf0) return [0x90, 0xbf];
  if (first === 0xf4) return [0x80, 0x8f];
  return [0x80, 0xbf];
}

function describe(bytes: Uint8Array, { at, length, reason }: Sequence & { at: number }): string {
  const byte = (bytes[at] ?? 0).toString(16).padStart(2, '0');
  const where = length === 1 ? `byte 0x${byte} in position ${at}` : `bytes in position ${at}-${at + length - 1}`;
  return `'utf-8' codec can't decode ${where}: ${reason}`;
}
