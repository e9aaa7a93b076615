import { randomInt } from 'node:crypto';

/** RFC 8628 §6.1: consonants only, so that codes form no words and contain nothing that looks like a digit. */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const codeLength = 8;

/** Generates a user code in its stored form. */
export function generateUserCode(): string {
  return Array.from({ length: codeLength }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** Converts typed text to the stored form: upper case, without spaces and dashes. */
export function parseUserCode(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z]/g, '');
}

/** Formats a stored user code for display, such as `WDJB-MJHT`. */
export function formatUserCode(userCode: string): string {
  return `${userCode.slice(0, codeLength / 2)}-${userCode.slice(codeLength / 2)}`;
}
