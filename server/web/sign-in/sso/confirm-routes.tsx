import { ProblemError } from '../../../../shared/problem.ts';
import type { WaitingForm } from '../../../domain/sign-in/confirmation/by-sso.ts';
import type { Confirmations } from '../../../domain/sign-in/confirmation/confirmations.ts';
import type { AppContext } from '../../../http/context.ts';
import { setCaller } from '../../../http/middleware/session.ts';
import type { IdentityProvider } from '../../../sso/provider.ts';
import { ConfirmedPage, ConfirmPage, NotConfirmedPage } from '../../confirmation/confirm-page.tsx';
import { renderProblem } from '../../shell/form-problem.ts';
import type { BrowserSession } from '../browser-session.ts';
import type { SsoReport } from './report-sso.ts';
import type { PendingSsoSignIn } from './sso-cookie.ts';

interface CallbackDeps {
  confirmations: Confirmations;
  identityProvider: IdentityProvider;
  browserSession: BrowserSession;
  report: SsoReport;
}

/**
 * Handles the provider's response to a request to confirm. It is accepted once, and only in the session that began it, so that nobody can
 * confirm another member's session.
 */
export async function finishConfirming(
  c: AppContext,
  { confirmations, identityProvider, browserSession, report }: CallbackDeps,
  pending: PendingSsoSignIn,
) {
  let form: WaitingForm | undefined;
  try {
    const current = await browserSession.current(c);
    if (current === null) throw signedOut();
    setCaller(c, current, 'console');
    const caller = c.get('caller');
    const asked = await confirmations.receiveSso(caller, pending.state);
    form = asked.form;
    const { person, authenticatedAt } = await identityProvider.finish(new URL(c.req.url).search, pending);
    report.success();
    report.notes(c, person.notes);
    const { issuer, subject } = person;
    await confirmations.bySso(caller, asked, { identity: { issuer, subject }, authenticatedAt });
    return c.render(<ConfirmedPage form={asked.form} />);
  } catch (error) {
    const { problem, message } = report.failure(c, error);
    if (form === undefined) return renderProblem(c, problem, <NotConfirmedPage error={message} />);
    const ways = await confirmations.ways(c.get('caller'));
    return renderProblem(c, problem, <ConfirmPage form={form} ways={ways} error={message} />);
  }
}

function signedOut(): ProblemError {
  return new ProblemError('sso-refused', 'You are not signed in here any more. Sign in, and send the form again.');
}
