import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { sessionsSchema } from '../../../../shared/schemas/sign-in/sessions.ts';
import type { AppDeps, AppEnv } from '../../context.ts';
import { listedSessionObject } from '../../sessions/session-objects.ts';
import { idParamSchema, jsonResponse, memberSessionParamSchema } from '../../validate.ts';

const list = createRoute({
  method: 'get',
  path: '/users/{id}/sessions',
  summary: "List a member's sessions",
  description: 'The active sessions, the last used one first, at most 100. Closed to management keys.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(sessionsSchema, 'The sessions') },
});

const endAll = createRoute({
  method: 'delete',
  path: '/users/{id}/sessions',
  summary: 'End all sessions of a member',
  description:
    'Signs the member out of every browser and program. Links that were mailed to the member, and approvals of devices that have not signed in yet, stop working too. Tokens keep working, and the member can sign in again. Closed to management keys.',
  request: { params: idParamSchema },
  responses: { 204: { description: 'The member has no sessions left' } },
});

const end = createRoute({
  method: 'delete',
  path: '/users/{id}/sessions/{session}',
  summary: 'End a session of a member',
  description: 'Requests that use the session are denied from now on. Closed to management keys.',
  request: { params: memberSessionParamSchema },
  responses: { 204: { description: 'The session has ended' } },
});

export function memberSessionRoutes({
  memberSessions,
  sessionLifetimes,
}: Pick<AppDeps, 'memberSessions' | 'sessionLifetimes'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(list, async (c) => {
      const caller = c.get('caller');
      const found = await memberSessions.list(caller, c.req.valid('param').id);
      const items = found.map((session) => listedSessionObject(session, sessionLifetimes, caller.sessionId));
      return c.json({ items }, 200);
    })
    .openapi(endAll, async (c) => {
      await memberSessions.endAll(c.get('caller'), c.req.valid('param').id);
      return c.body(null, 204);
    })
    .openapi(end, async (c) => {
      const { id, session } = c.req.valid('param');
      await memberSessions.end(c.get('caller'), id, session);
      return c.body(null, 204);
    });
}
