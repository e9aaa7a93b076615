export const tokensPath = '/profile/api-tokens';

/** Returns the path of the page about one token. Mails and lists link to it. */
export function tokenPath(id: string): string {
  return `${tokensPath}/${id}`;
}
