import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  createdSessionSchema,
  createSessionBodySchema,
  sessionSchema,
  sessionsSchema,
} from '../../../shared/schemas/sign-in/sessions.ts';
import { confirmPasswordBodySchema } from '../../../shared/schemas/sign-in/totp.ts';
import type { Caller } from '../../domain/caller.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { userObject } from '../representations.ts';
import { listedSessionObject, sessionObject } from '../sessions/session-objects.ts';
import { idParamSchema, jsonRequest, jsonResponse } from '../validate.ts';

const signIn = createRoute({
  method: 'post',
  path: '/sessions',
  summary: 'Sign in',
  description:
    'Creates a session from an email address, a password and, if two-factor sign-in is on, a second factor. The response is the only one that contains the session secret.',
  middleware: jsonBody,
  request: { body: jsonRequest(createSessionBodySchema) },
  responses: { 201: jsonResponse(createdSessionSchema, 'The session with its secret') },
});

const readCurrent = createRoute({
  method: 'get',
  path: '/sessions/current',
  summary: 'Get the current session',
  responses: { 200: jsonResponse(sessionSchema, 'The session') },
});

const signOut = createRoute({
  method: 'delete',
  path: '/sessions/current',
  summary: 'Sign out',
  description: 'Ends the current session.',
  responses: { 204: { description: 'The session has ended' } },
});

const listOwn = createRoute({
  method: 'get',
  path: '/sessions',
  summary: 'List your sessions',
  description: 'The active sessions of the signed-in member, the last used one first, at most 100.',
  responses: { 200: jsonResponse(sessionsSchema, 'The sessions') },
});

const endOthers = createRoute({
  method: 'delete',
  path: '/sessions/others',
  summary: 'End your other sessions',
  description:
    'Ends all sessions of the signed-in member except the current one. Links that were mailed to the member, and approvals of devices that have not signed in yet, stop working too.',
  responses: { 204: { description: 'Only the current session is left' } },
});

const endOwn = createRoute({
  method: 'delete',
  path: '/sessions/{id}',
  summary: 'End one of your sessions',
  description: 'Requests that use the session are denied from now on. Your tokens keep working.',
  request: { params: idParamSchema },
  responses: { 204: { description: 'The session has ended' } },
});

const confirm = createRoute({
  method: 'post',
  path: '/sessions/current/confirm',
  summary: 'Confirm it is you',
  description:
    'Confirms with the password that the member uses this session, for an hour. Requests that return `confirmation-required` then succeed. Wrong passwords count against the rate limit of sign-ins. A member without a password confirms in the console, or signs in again.',
  middleware: jsonBody,
  request: { body: jsonRequest(confirmPasswordBodySchema) },
  responses: { 200: jsonResponse(sessionSchema, 'The session') },
});

type SessionRouteDeps = Pick<
  AppDeps,
  'sessions' | 'sessionLifetimes' | 'confirmations' | 'users' | 'clock' | 'versions'
>;

export function sessionRoutes(deps: SessionRouteDeps) {
  const { sessions, sessionLifetimes, confirmations, users, clock, versions } = deps;
  // The same people read it among the settings in the console.
  const versionFor = ({ user }: Caller) => (user.superuser || user.auditor ? versions.tokensd : null);
  return new OpenAPIHono<AppEnv>()
    .openapi(signIn, async (c) => {
      const { email, password, code } = c.req.valid('json');
      const clientInfo = c.get('clientInfo');
      const { session, secret, user } = await sessions.signIn(email, password, clientInfo, code);
      const me = await users.me({ user, sessionId: session.id, clientInfo, channel: 'cli' });
      const { id, expires_at } = sessionObject(session, sessionLifetimes, [], null);
      c.header('Location', '/api/v1/sessions/current');
      return c.json({ id, secret: secret.reveal(), expires_at, user: userObject(me) }, 201);
    })
    .openapi(readCurrent, async (c) => {
      const caller = c.get('caller');
      const ways = await confirmations.ways(caller);
      return c.json(sessionObject(c.get('session'), sessionLifetimes, ways, versionFor(caller)), 200);
    })
    .openapi(listOwn, async (c) => {
      const caller = c.get('caller');
      const found = await sessions.list(caller);
      const items = found.map((session) => listedSessionObject(session, sessionLifetimes, caller.sessionId));
      return c.json({ items }, 200);
    })
    .openapi(confirm, async (c) => {
      const caller = c.get('caller');
      await confirmations.byPassword(caller, c.req.valid('json').password);
      const session = { ...c.get('session'), confirmedAt: clock.now() };
      const ways = await confirmations.ways(caller);
      return c.json(sessionObject(session, sessionLifetimes, ways, versionFor(caller)), 200);
    })
    .openapi(signOut, async (c) => {
      await sessions.signOut(c.get('caller'));
      return c.body(null, 204);
    })
    .openapi(endOthers, async (c) => {
      await sessions.endOthers(c.get('caller'));
      return c.body(null, 204);
    })
    .openapi(endOwn, async (c) => {
      await sessions.end(c.get('caller'), c.req.valid('param').id);
      return c.body(null, 204);
    });
}
