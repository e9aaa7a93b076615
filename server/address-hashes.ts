import { createHash, randomBytes } from 'node:crypto';
import { domainToASCII } from 'node:url';
import { foldName } from '../shared/names.ts';

/**
 * Salted hashes of email addresses. They tell whether a text has one of the addresses, and name none. A reader who guesses an address can
 * confirm the guess, so they are deleted after a while.
 */
export interface AddressHashes {
  salt: string;
  hashes: readonly string[];
}

/** Hashes these addresses with a new salt. */
export function hashAddresses(addresses: readonly string[]): AddressHashes {
  const salt = randomBytes(16).toString('base64url');
  return { salt, hashes: [...new Set(addresses.map((address) => hashOf(address, salt)))] };
}

/** Reports whether the text contains one of the addresses. Ignores case, and longer addresses that contain it. */
export function hasHashedAddress(text: string, { salt, hashes }: AddressHashes): boolean {
  return candidatesIn(text).some((address) => hashes.includes(hashOf(address, salt)));
}

/** Returns everything in a text that may be an email address. Mails write `[.]`, which keeps an address from becoming a link. */
function candidatesIn(text: string): string[] {
  return [
    ...new Set(
      [...text.replaceAll('[.]', '.').matchAll(addressLike)].flatMap(([, local = '', domain = '']) =>
        startsOf(local).map((start) => `${start}@${domain}`),
      ),
    ),
  ];
}

/** Characters that no address here has end the name of a mailbox, which has at most 64 characters. */
const addressLike = /([^\s@<>,;:"\\()[\]]{1,64})@([\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?)/gu;

/** Returns the name of a mailbox, and what follows each of its characters that may separate it from text in front of it. */
function startsOf(local: string): string[] {
  const separators = [...local.matchAll(/[^\p{L}\p{N}._+-]/gu)];
  return [local, ...separators.map(({ 0: separator, index }) => local.slice(index + separator.length))].filter(Boolean);
}

/** An international domain has two forms, which are equal here. */
function hashOf(address: string, salt: string): string {
  const at = address.lastIndexOf('@') + 1;
  const domain = address.slice(at);
  const comparable = foldName(address.slice(0, at)) + foldName(domainToASCII(domain) || domain);
  return createHash('sha256').update(`${salt} ${comparable}`).digest('base64url');
}
