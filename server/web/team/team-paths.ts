export const teamPath = '/organization/team';

export function memberPath(id: string): string {
  return `${teamPath}/${id}`;
}
