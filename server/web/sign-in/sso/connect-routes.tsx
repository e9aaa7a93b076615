import { Hono } from 'hono';
import { ProblemError } from '../../../../shared/problem.ts';
import type { ConnectingSession, SsoConnection } from '../../../domain/sign-in/sso/connect.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { setCaller } from '../../../http/middleware/session.ts';
import type { IdentityProvider } from '../../../sso/provider.ts';
import { renderProblem } from '../../shell/form-problem.ts';
import { text } from '../../shell/form-values.ts';
import type { MessageDeps } from '../../shell/messages/messages.ts';
import { withNotice } from '../../shell/messages/notice.ts';
import type { BrowserSession } from '../browser-session.ts';
import { ConnectFailedPage, ConnectPage, connectSsoPath } from './connect-page.tsx';
import { createSsoReport, type SsoReport } from './report-sso.ts';
import { createSsoCookie, type PendingSsoSignIn } from './sso-cookie.ts';

type ConnectDeps = Pick<AppDeps, 'ssoConnection' | 'identityProvider' | 'config' | 'log' | 'failureLog' | 'ssoLog'> &
  MessageDeps;

/** Routes of `/profile/single-sign-on`: to the identity provider, and the confirmation of the identity that it reported. */
export function connectSsoPages({ ssoConnection, identityProvider, config, messages, ...logs }: ConnectDeps) {
  const ssoCookie = createSsoCookie(config.publicUrl);
  const report = createSsoReport(logs);
  const app = new Hono<AppEnv>();
  if (ssoConnection === null || identityProvider === null) {
    return app.get(connectSsoPath, (c) => c.notFound()).post(connectSsoPath, (c) => c.notFound());
  }

  return app
    .get(connectSsoPath, async (c) => {
      try {
        const { url, pending } = await identityProvider.begin('connect');
        await ssoConnection.begin(connecting(c), pending.state);
        ssoCookie.write(c, { ...pending, next: '/profile' });
        return c.redirect(url, 303);
      } catch (error) {
        return renderFailure(c, report, error);
      }
    })
    .post(connectSsoPath, async (c) => {
      const form = await c.req.parseBody();
      const ticket = text(form.ticket);
      try {
        const { groupsUnclear, notes } = await ssoConnection.confirm(connecting(c), ticket, text(form.password));
        report.notes(c, notes);
        const profile = groupsUnclear ? withNotice('/profile', 'groups-unclear') : '/profile';
        return messages.redirect(c, profile, 'sso-connected');
      } catch (error) {
        const tryAgain = error instanceof ProblemError && ['wrong-password', 'throttled'].includes(error.code);
        if (!tryAgain) return renderFailure(c, report, error);
        const proposal = await ssoConnection.find(connecting(c), ticket).catch(() => null);
        if (proposal === null) return renderFailure(c, report, error);
        return renderProblem(c, error, <ConnectPage {...proposal} ticket={ticket} error={error.message} />);
      }
    });
}

interface CallbackDeps {
  ssoConnection: SsoConnection;
  identityProvider: IdentityProvider;
  browserSession: BrowserSession;
  report: SsoReport;
}

/**
 * Handles the provider's response to a request to connect. It is accepted once, and only in the session that began it, so that
 * nobody can make another member's browser finish what they began.
 */
export async function finishConnecting(
  c: AppContext,
  { ssoConnection, identityProvider, browserSession, report }: CallbackDeps,
  pending: PendingSsoSignIn,
) {
  try {
    const current = await browserSession.current(c);
    if (current === null) throw signedOut();
    setCaller(c, current, 'console');
    await ssoConnection.receive(connecting(c), pending.state);
    const { person } = await identityProvider.finish(new URL(c.req.url).search, pending);
    report.success();
    report.notes(c, person.notes);
    const ticket = (await ssoConnection.propose(connecting(c), person)).reveal();
    return c.render(<ConnectPage {...(await ssoConnection.find(connecting(c), ticket))} ticket={ticket} />);
  } catch (error) {
    return renderFailure(c, report, error);
  }
}

function connecting(c: AppContext): ConnectingSession {
  return { caller: c.get('caller'), session: c.get('session') };
}

function renderFailure(c: AppContext, report: SsoReport, error: unknown) {
  const { problem, message } = report.failure(c, error);
  return renderProblem(c, problem, <ConnectFailedPage error={message} />);
}

function signedOut(): ProblemError {
  return new ProblemError(
    'sso-refused',
    'You are not signed in here any more. Sign in with your password, and connect again on your profile.',
  );
}
