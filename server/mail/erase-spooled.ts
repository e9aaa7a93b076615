import { readFile, rm } from 'node:fs/promises';
import { searchFor } from '../email-addresses.ts';
import { spooledMails } from './spool.ts';

/** Deletes the files of mails whose header or content has one of these addresses. Leaves other files alone. */
export async function deleteSpooledMailsNaming(directory: string, addresses: readonly string[]): Promise<void> {
  const search = searchFor(addresses);
  for (const path of await spooledMails(directory)) {
    // Another daemon may have deleted it.
    const message = await readFile(path).catch(() => Buffer.alloc(0));
    if (readings(message).some((text) => search.isIn(text))) await rm(path, { force: true });
  }
}

/** Returns a message as it is, and under both encodings of content (RFC 2045 §6.7 and §6.8). */
function readings(message: Buffer): string[] {
  const text = message.toString();
  return [text, fromQuotedPrintable(text), ...(text.match(base64Lines) ?? []).map(fromBase64)];
}

const base64Lines = /^(?:[0-9A-Za-z+/]{4,}={0,2}\r\n)+/gm;

function fromBase64(lines: string): string {
  return Buffer.from(lines, 'base64').toString();
}

function fromQuotedPrintable(text: string): string {
  return text
    .replace(/=\r?\n/g, '')
    .replace(/(?:=[0-9A-F]{2})+/g, (encoded) => Buffer.from(encoded.replaceAll('=', ''), 'hex').toString());
}
