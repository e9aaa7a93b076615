import { Hono } from 'hono';
import { ProblemError } from '../../../../shared/problem.ts';
import { isConfirmed } from '../../../domain/sign-in/confirmation/required.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { publicClientId } from '../../../http/oauth/form.ts';
import { text } from '../../shell/form-values.ts';
import {
  type AuthorizationRequestResult,
  authorizationParameters,
  readAuthorizationRequest,
  responseUrl,
} from './authorization-request.ts';
import { AuthorizePage, authorizePath } from './authorize-page.tsx';

type AuthorizeDeps = Pick<AppDeps, 'authorizationCodes' | 'sessionLifetimes' | 'clock' | 'config'>;

/** Routes of `/oauth/authorize`, the authorization endpoint (RFC 6749 §3.1) for the command line. */
export function authorizePages({ authorizationCodes, sessionLifetimes, clock, config }: AuthorizeDeps) {
  const { publicUrl } = config;

  return new Hono<AppEnv>()
    .get(authorizePath, (c) => {
      const result = readAuthorizationRequest((name) => c.req.query(name), publicUrl);
      if (result.kind !== 'valid') return rejectRequest(c, result);
      const { origin, port } = new URL(result.request.redirectUri);
      c.set('formTargets', [origin]);
      const fields = authorizationParameters.flatMap((name) => {
        const value = c.req.query(name);
        return value === undefined ? [] : [[name, value] as const];
      });
      const end = sessionLifetimes.ifApproved(c.get('session'));
      const isFresh = isConfirmed(c.get('session'), clock.now());
      return c.render(
        <AuthorizePage port={port} fields={Object.fromEntries(fields)} end={end} isConfirmed={isFresh} />,
      );
    })
    .post(authorizePath, async (c) => {
      const form = await c.req.parseBody();
      const result = readAuthorizationRequest((name) => text(form[name]) || undefined, publicUrl);
      if (result.kind !== 'valid') return rejectRequest(c, result);
      const { request } = result;
      if (text(form.decision) !== 'approve') {
        return c.redirect(responseUrl(request, publicUrl, { error: 'access_denied' }), 303);
      }
      const client = { ...request, clientId: publicClientId };
      const code = await authorizationCodes.issue(c.get('caller'), c.get('session'), client);
      return c.redirect(responseUrl(request, publicUrl, { code: code.reveal() }), 303);
    });
}

/** @throws ProblemError `bad-request` if the error must not be sent to the redirect URI */
function rejectRequest(c: AppContext, result: Exclude<AuthorizationRequestResult, { kind: 'valid' }>): Response {
  if (result.kind === 'show-error') throw new ProblemError('bad-request', `${result.detail} Nothing was approved.`);
  return c.redirect(result.url, 303);
}
