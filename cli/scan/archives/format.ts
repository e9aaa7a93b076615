export type ArchiveFormat = 'zip' | 'tar' | 'gzip';

/** Bytes from which `archiveFormat` decides. */
export const headBytes = 512;

/** Returns the format that the first `length` bytes of a file show, or null if it is no archive. */
export function archiveFormat(head: Uint8Array, length = head.length): ArchiveFormat | null {
  // Few files begin with such a byte.
  if (head[0] === 0x50 && (hasAt(head, length, 0, 'PK\u0003\u0004') || hasAt(head, length, 0, 'PK\u0005\u0006'))) {
    return 'zip';
  }
  if (head[0] === 0x1f && hasAt(head, length, 0, '\u001f\u008b\u0008')) return 'gzip';
  return hasAt(head, length, 257, 'ustar') ? 'tar' : null;
}

function hasAt(head: Uint8Array, length: number, at: number, text: string): boolean {
  if (at + text.length > length) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (head[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
