export const serviceAccountsPath = '/organization/service-accounts';

/** Returns the path of the page about one service account. */
export function serviceAccountPath(id: string): string {
  return `${serviceAccountsPath}/${id}`;
}
