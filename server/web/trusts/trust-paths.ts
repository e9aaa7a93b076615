export const trustsPath = '/organization/trusts';

/** Returns the path of the page about one trust. */
export function trustPath(id: string): string {
  return `${trustsPath}/${id}`;
}
