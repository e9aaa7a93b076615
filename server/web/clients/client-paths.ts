export const clientsPath = '/organization/clients';

/** Returns the path of the page about one OAuth client. */
export function clientPath(id: string): string {
  return `${clientsPath}/${id}`;
}
