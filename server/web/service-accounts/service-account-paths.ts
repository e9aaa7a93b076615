export const serviceAccountsPath = '/organization/service-accounts';

/** The list of those without an enabled maintainer. */
export const orphanedAccountsPath = `${serviceAccountsPath}?orphaned=true`;

/** Returns the path of the page about one service account. */
export function serviceAccountPath(id: string): string {
  return `${serviceAccountsPath}/${id}`;
}
