export type ArchiveFormat = 'zip' | 'tar' | 'gzip';

/** Bytes from which `archiveFormat` decides. */
export const headBytes = 512;

/** Returns the format that the first bytes of a file show, or null if it is no archive. */
export function archiveFormat(head: Buffer): ArchiveFormat | null {
  if (hasAt(head, 0, 'PK\u0003\u0004') || hasAt(head, 0, 'PK\u0005\u0006')) return 'zip';
  if (hasAt(head, 0, '\u001f\u008b\u0008')) return 'gzip';
  return hasAt(head, 257, 'ustar') ? 'tar' : null;
}

function hasAt(head: Buffer, at: number, text: string): boolean {
  return head.toString('latin1', at, at + text.length) === text;
}
