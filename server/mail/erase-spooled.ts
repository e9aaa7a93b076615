import { readFile, rm, stat } from 'node:fs/promises';
import { type AddressHashes, hasHashedAddress } from '../address-hashes.ts';
import { spooledMails } from './spool.ts';

interface Erased extends AddressHashes {
  writtenBefore: number;
}

/** Deletes the files of mails that were written before a time and have one of the addresses in a header or in their content. */
export async function deleteSpooledMailsNaming(directory: string, erased: readonly Erased[]): Promise<void> {
  for (const path of await spooledMails(directory)) {
    const mail = await readMail(path);
    const wanted = erased.filter(({ writtenBefore }) => mail.writtenAt <= writtenBefore);
    if (wanted.length === 0) continue;
    const texts = readings(mail.message);
    if (wanted.some((hashes) => texts.some((text) => hasHashedAddress(text, hashes)))) await rm(path, { force: true });
  }
}

async function readMail(path: string): Promise<{ message: Buffer; writtenAt: number }> {
  try {
    return { message: await readFile(path), writtenAt: (await stat(path)).mtimeMs };
  } catch (error) {
    // Another daemon may have deleted it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { message: Buffer.alloc(0), writtenAt: 0 };
    throw error;
  }
}

/** Returns a message as it is, and under all encodings of content and headers (RFC 2045 §6.7 and §6.8, RFC 2047), of URLs and of HTML. */
function readings(message: Buffer): string[] {
  const text = message.toString();
  const parts = [
    text,
    fromQuotedPrintable(text),
    fromEncodedWords(text),
    ...(text.match(base64Lines) ?? []).map(fromBase64),
  ];
  return parts.flatMap((part) => [part, fromUrl(part), fromHtml(part)]);
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

function fromEncodedWords(text: string): string {
  return text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?[^?\s]+\?([BQ])\?([^?\s]*)\?=/gi, (_word, encoding: string, content: string) =>
      encoding.toUpperCase() === 'B' ? fromBase64(content) : fromQuotedPrintable(content.replaceAll('_', ' ')),
    );
}

function fromUrl(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => Buffer.from(encoded.replaceAll('%', ''), 'hex').toString());
}

function fromHtml(text: string): string {
  return text
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
