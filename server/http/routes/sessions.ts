import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  createdSessionSchema,
  createSessionBodySchema,
  sessionSchema,
} from '../../../shared/schemas/sign-in/sessions.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { sessionObject, userObject } from '../representations.ts';
import { jsonRequest, jsonResponse } from '../validate.ts';

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

type SessionRouteDeps = Pick<AppDeps, 'sessions' | 'sessionLifetimes' | 'users'>;

export function sessionRoutes({ sessions, sessionLifetimes, users }: SessionRouteDeps) {
  return new OpenAPIHono<AppEnv>()
    .openapi(signIn, async (c) => {
      const { email, password, code } = c.req.valid('json');
      const clientInfo = c.get('clientInfo');
      const { session, secret, user } = await sessions.signIn(email, password, clientInfo, code);
      const me = await users.me({ user, sessionId: session.id, clientInfo, channel: 'cli' });
      const { id, expires_at } = sessionObject(session, sessionLifetimes);
      c.header('Location', '/api/v1/sessions/current');
      return c.json({ id, secret: secret.reveal(), expires_at, user: userObject(me) }, 201);
    })
    .openapi(readCurrent, (c) => c.json(sessionObject(c.get('session'), sessionLifetimes), 200))
    .openapi(signOut, async (c) => {
      await sessions.signOut(c.get('caller'));
      return c.body(null, 204);
    });
}
