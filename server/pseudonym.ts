const prefix = 'deleted-';

/** Returns the pseudonym that replaces the email address of a deleted member. It contains no personal data. */
export function pseudonymOf(memberId: string): string {
  return `${prefix}${memberId}`;
}

/** Returns the ID of the deleted member, or the text itself if it is not a pseudonym. */
export function memberIdOf(text: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}
