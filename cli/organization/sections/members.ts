import type { CreateUserBody, UpdateUserBody, User } from '../../../shared/schemas/accounts/users.ts';
import type { Api } from '../../api/client.ts';
import { collect } from '../../api/pages.ts';
import { expectBody, expectSuccess, expectTagged } from '../../api/responses.ts';
import { pageShape, userShape } from '../../api/shapes.ts';
import { type Fields, ifMatch, type Present, type Section } from './section.ts';

export const members: Section = {
  name: 'members',
  scopes: { read: 'users:read', write: 'users:write' },
  insteadOfDeletion: { disabled: true },
  list: async (api) =>
    (await collect((query) => expectBody(api.users.$get({ query }), pageShape(userShape)))).map(presentMember),
  async read(api, id) {
    const { body, etag } = await expectTagged(api.users[':id'].$get({ param: { id } }), userShape);
    return { ...presentMember(body), etag };
  },
  async create(api, fields) {
    const { json, rest } = divide(fields);
    const { body, etag } = await expectTagged(api.users.$post({ json }), userShape);
    // The API adds a member without groups. If this second request fails, the next run sends it.
    if (Object.keys(rest).length > 0) await change(api, body.id, etag, rest);
    return null;
  },
  change,
  remove: (api, id, etag) => change(api, id, etag, { disabled: true }),
};

function change(api: Api, id: string, etag: string, fields: Fields): Promise<void> {
  const json = fields as UpdateUserBody;
  return expectSuccess(api.users[':id'].$patch({ param: { id }, json, ...ifMatch(etag) }));
}

/** Returns the body that adds a member, and the fields that only a change accepts. */
function divide({ email, name, superuser, auditor, can_manage_tokens, groups, disabled }: Fields) {
  const json = {
    email,
    ...(name !== undefined && { name }),
    // A management key may not send these fields.
    ...(superuser === true && { superuser }),
    ...(auditor === true && { auditor }),
    ...(can_manage_tokens !== undefined && { can_manage_tokens }),
    // A member who may not sign in needs no invitation.
    ...(disabled === true && { invite: false }),
  } as CreateUserBody;
  const rest = {
    ...(Array.isArray(groups) && groups.length > 0 && { groups }),
    ...(disabled === true && { disabled }),
  };
  return { json, rest };
}

function presentMember({
  id,
  email,
  name,
  superuser,
  auditor = false,
  can_manage_tokens,
  disabled,
  groups,
}: User): Present {
  const manual = groups.filter(({ source }) => source === 'manual').map((group) => group.name);
  return { id, fields: { email, name, superuser, auditor, can_manage_tokens, disabled, groups: manual } };
}
