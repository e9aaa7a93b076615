export const teamPath = '/organization/team';

/** The form that invites several members is posted here. */
export const invitePath = `${teamPath}/invite`;

export function memberPath(id: string): string {
  return `${teamPath}/${id}`;
}

/** Returns the address at which a browser downloads all that is stored about a member. The API accepts the console's cookie for reads. */
export function memberDataPath({ id }: { id: string }): string {
  return `/api/v1/users/${id}/data`;
}
