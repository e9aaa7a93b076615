import type { CreateUserBody, InvitedUser } from '../../../../shared/schemas/accounts/users.ts';
import type { Api } from '../../../api/client.ts';
import { expectBody } from '../../../api/responses.ts';
import { invitedUserShape } from '../../../api/shapes.ts';
import { hasCode } from '../../../errors.ts';

/** Adds a member, and invites them unless `isInvited` is false or they have a password. */
export async function addUser(api: Api, json: CreateUserBody, isInvited: boolean): Promise<InvitedUser> {
  if (isInvited) return post(api, json);
  return post(api, { ...json, invite: false }).catch((error: unknown) => {
    // An older daemon rejects the field `invite`, and sends no invitations.
    const isOld =
      hasCode(error, 'invalid-fields') && error.problem.errors?.every(({ pointer }) => pointer === '/invite');
    if (!isOld) throw error;
    return post(api, json);
  });
}

function post(api: Api, json: CreateUserBody): Promise<InvitedUser> {
  return expectBody(api.users.$post({ json }), invitedUserShape);
}
