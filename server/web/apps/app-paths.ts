export const appsPath = '/organization/apps';

export function appPath(id: string): string {
  return `${appsPath}/${id}`;
}
