const prefix = 'deleted-';

/** Returns what stands for a deleted member in place of their email address: it contains no personal data. */
export function pseudonymOf(memberId: string): string {
  return `${prefix}${memberId}`;
}

/** Returns the ID of the deleted member, or the text itself if it is not a pseudonym. */
export function memberIdOf(text: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}
