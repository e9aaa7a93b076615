import { Hono } from 'hono';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { publicClientId } from '../../http/oauth/form.ts';
import { text } from '../shell/form-values.ts';
import {
  answerTo,
  authorizationParameters,
  type ReadRequest,
  readAuthorizationRequest,
} from './authorization-request.ts';
import { AuthorizePage } from './authorize-page.tsx';

/** `/oauth/authorize`: asks the member whether a program on their machine may act as them. */
export function authorizePages({ authorizationCodes, config }: AppDeps) {
  const { organization, publicUrl } = config;

  return new Hono<AppEnv>()
    .get('/oauth/authorize', (c) => {
      const read = readAuthorizationRequest((name) => c.req.query(name), publicUrl);
      if (read.kind !== 'good') return answerBad(c, read);
      const { origin, port } = new URL(read.request.redirectUri);
      c.set('formTargets', [origin]);
      const kept = authorizationParameters.flatMap((name) => {
        const value = c.req.query(name);
        return value === undefined ? [] : [[name, value] as const];
      });
      return c.html(<AuthorizePage c={c} organization={organization} port={port} fields={Object.fromEntries(kept)} />);
    })
    .post('/oauth/authorize', async (c) => {
      const form = await c.req.parseBody();
      const read = readAuthorizationRequest((name) => text(form[name]) || undefined, publicUrl);
      if (read.kind !== 'good') return answerBad(c, read);
      const { request } = read;
      if (text(form.decision) !== 'approve') {
        return c.redirect(answerTo(request, publicUrl, { error: 'access_denied' }), 303);
      }
      const asked = { ...request, clientId: publicClientId };
      const code = await authorizationCodes.issue(c.get('caller'), c.get('session'), asked);
      return c.redirect(answerTo(request, publicUrl, { code: code.reveal() }), 303);
    });
}

/** @throws ProblemError `bad-request` where nobody can be led back */
function answerBad(c: AppContext, read: Exclude<ReadRequest, { kind: 'good' }>): Response {
  if (read.kind === 'page') throw new ProblemError('bad-request', `${read.detail} Nothing was approved.`);
  return c.redirect(read.to, 303);
}
