import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { offboardedSchema, offboardUserBodySchema } from '../../../../shared/schemas/accounts/offboarding.ts';
import {
  createUserBodySchema,
  erasingSchema,
  invitedUserSchema,
  updateUserBodySchema,
  userListQuerySchema,
  userPageSchema,
  userSchema,
} from '../../../../shared/schemas/accounts/users.ts';
import type { AppDeps, AppEnv } from '../../context.ts';
import { conditional, ifMatch, setEtag } from '../../etags.ts';
import { jsonBody } from '../../middleware/json-body.ts';
import { readPage } from '../../paging.ts';
import { invitedUserObject, offboardedObject, userObject, userState } from '../../representations.ts';
import { idParamSchema, jsonRequest, jsonResponse } from '../../validate.ts';

const listUsers = createRoute({
  method: 'get',
  path: '/users',
  summary: 'List members',
  description: 'Newest first.',
  request: { query: userListQuerySchema },
  responses: { 200: jsonResponse(userPageSchema, 'A page of members') },
});

const createUser = createRoute({
  method: 'post',
  path: '/users',
  summary: 'Add a member',
  description:
    'A member without a password is invited by mail, with a link to set one or to sign in through single sign-on. If mail is not configured, the response has the link.',
  middleware: jsonBody,
  request: { body: jsonRequest(createUserBodySchema) },
  responses: { 201: jsonResponse(invitedUserSchema, 'The member') },
});

const inviteUser = createRoute({
  method: 'post',
  path: '/users/{id}/invitation',
  summary: 'Invite a member again',
  description:
    'Only for a member whose `status` is `invited`. The link of the earlier invitation stops working. If mail is not configured, the response has the new link, and the session must have confirmed within the last hour who uses it.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(invitedUserSchema, 'The member') },
});

const createInvitationLink = createRoute({
  method: 'post',
  path: '/users/{id}/invitation-link',
  summary: 'Make an invitation link',
  description:
    'Only for a member whose `status` is `invited`. Returns a new link, which you pass on to the member, as `invitation.link`. Earlier links stop working, and queued invitations are not mailed. For a member who may join only through single sign-on, the link is the address at which they sign in. Closed to management keys.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(invitedUserSchema, 'The member, with the link') },
});

const readUser = createRoute({
  method: 'get',
  path: '/users/{id}',
  summary: 'Get a member',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(userSchema, 'The member') },
});

const updateUser = createRoute({
  method: 'patch',
  path: '/users/{id}',
  summary: 'Update a member',
  description:
    'Changes only the fields that are sent, all of them or none. Disabling a member ends their sessions. A new email address voids links that were mailed to the earlier one, and both addresses get a mail. The last enabled superuser can be neither disabled nor demoted. To change the address or give a role, the session must have confirmed within the last hour who uses it.',
  middleware: jsonBody,
  request: { params: idParamSchema, ...conditional, body: jsonRequest(updateUserBodySchema) },
  responses: { 200: jsonResponse(userSchema, 'The updated member') },
});

const deleteUser = createRoute({
  method: 'delete',
  path: '/users/{id}',
  summary: 'Delete a member',
  description:
    'Revokes all tokens, ends all sessions, and erases the email address and the name. Audit events keep a pseudonym. This cannot be undone. Superusers cannot delete themselves.',
  request: { params: idParamSchema, ...conditional },
  responses: { 204: { description: 'The member is deleted' } },
});

const eraseUser = createRoute({
  method: 'post',
  path: '/users/{id}/erase',
  summary: 'Erase a member',
  description:
    'Deletes a disabled member, and puts a pseudonym in place of their email addresses in everything that the database, queued mails and files of mails hold. The member gets no mail. Of a member who was deleted before, erases the last mail to them. In a large database, this takes minutes and goes on after the response. This cannot be undone, and is closed to management keys.',
  request: { params: idParamSchema },
  responses: {
    202: jsonResponse(
      erasingSchema,
      'The member is deleted, and the erasure goes on. Send the request again to learn when it is done',
    ),
    204: { description: 'The member is erased' },
  },
});

const offboardUser = createRoute({
  method: 'post',
  path: '/users/{id}/offboard',
  summary: 'Offboard a member',
  description:
    'Disables the account of a member who leaves, ends their sessions and revokes their tokens. With `transfer_to`, a service account first receives their active and paused tokens that were used in the last 30 days. The member knows their values, so each expires at the end of `grace` at the latest, and its previous value ends at once. A rotation by a maintainer gives it its full `lifetime` back. All this is done, or nothing. `known` names other tokens of service accounts whose values the member knows. Superusers cannot offboard themselves.',
  middleware: jsonBody,
  request: { params: idParamSchema, body: jsonRequest(offboardUserBodySchema) },
  responses: { 200: jsonResponse(offboardedSchema, 'What was done with the tokens of the member') },
});

const revokeAllOfUser = createRoute({
  method: 'delete',
  path: '/users/{id}/tokens',
  summary: 'Revoke all tokens of a member',
  description: 'Requests that use the tokens are denied from now on. This cannot be undone.',
  request: { params: idParamSchema },
  responses: { 204: { description: 'The member has no tokens left' } },
});

type UserRoutesDeps = Pick<AppDeps, 'users' | 'invitations' | 'tokens' | 'offboarding'>;

export function userRoutes({ users, invitations, tokens, offboarding }: UserRoutesDeps) {
  return new OpenAPIHono<AppEnv>()
    .openapi(listUsers, async (c) => {
      const operator = c.get('operator');
      return c.json(await readPage(c.req.valid('query'), (query) => users.list(operator, query), userObject), 200);
    })
    .openapi(createUser, async (c) => {
      const { user, invitation } = await users.create(c.get('operator'), c.req.valid('json'));
      c.header('Location', `/api/v1/users/${user.id}`);
      setEtag(c, userState(user));
      return c.json(invitedUserObject(user, invitation), 201);
    })
    .openapi(inviteUser, async (c) => {
      const operator = c.get('operator');
      const { id } = c.req.valid('param');
      const invitation = await invitations.inviteAgain(operator, id);
      return c.json(invitedUserObject(await users.get(operator, id), invitation), 200);
    })
    .openapi(createInvitationLink, async (c) => {
      const caller = c.get('caller');
      const { id } = c.req.valid('param');
      const invitation = await invitations.createLink(caller, id);
      return c.json(invitedUserObject(await users.get(caller, id), invitation), 200);
    })
    .openapi(readUser, async (c) => {
      const user = await users.get(c.get('operator'), c.req.valid('param').id);
      setEtag(c, userState(user));
      return c.json(userObject(user), 200);
    })
    .openapi(updateUser, async (c) => {
      const { id } = c.req.valid('param');
      const precondition = ifMatch(c, userState);
      const user = await users.update(c.get('operator'), id, c.req.valid('json'), precondition);
      setEtag(c, userState(user));
      return c.json(userObject(user), 200);
    })
    .openapi(deleteUser, async (c) => {
      const precondition = ifMatch(c, userState);
      await users.delete(c.get('operator'), c.req.valid('param').id, precondition);
      return c.body(null, 204);
    })
    .openapi(eraseUser, async (c) => {
      const isDone = await users.erase(c.get('caller'), c.req.valid('param').id);
      return isDone ? c.body(null, 204) : c.json({ status: 'erasing' as const }, 202);
    })
    .openapi(offboardUser, async (c) => {
      const { id } = c.req.valid('param');
      return c.json(offboardedObject(await offboarding.offboard(c.get('operator'), id, c.req.valid('json'))), 200);
    })
    .openapi(revokeAllOfUser, async (c) => {
      await tokens.revokeAllOf(c.get('operator'), c.req.valid('param').id);
      return c.body(null, 204);
    });
}
