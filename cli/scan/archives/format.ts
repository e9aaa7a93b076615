import { fstatSync, readSync } from 'node:fs';

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

/** The longest comment of a zip archive, and the record before it. */
const maxZipEndBytes = 22 + 0xffff;

/** Reports whether a file can be a program or a script with a zip archive behind it, such as a Python zipapp. */
export function canPrecedeZip(head: Uint8Array, length = head.length): boolean {
  return ['#!', 'MZ', '\u007fELF'].some((start) => hasAt(head, length, 0, start));
}

/** Reports whether a file ends as a zip archive does. */
export function hasZipEnd(fd: number): boolean {
  const { size } = fstatSync(fd);
  const end = Buffer.alloc(Math.min(size, maxZipEndBytes));
  return end.subarray(0, readSync(fd, end, { position: size - end.length })).includes('PK\u0005\u0006', 0, 'latin1');
}

function hasAt(head: Uint8Array, length: number, at: number, text: string): boolean {
  if (at + text.length > length) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (head[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
