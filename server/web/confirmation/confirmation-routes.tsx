import type { ErrorHandler, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { ProblemError } from '../../../shared/problem.ts';
import type { WaitingForm } from '../../domain/sign-in/confirmation/by-sso.ts';
import { ConfirmationRequired, isConfirmed, JustConfirmed } from '../../domain/sign-in/confirmation/required.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { startPath } from '../shell/return-path.ts';
import { createSsoReport } from '../sign-in/sso/report-sso.ts';
import { createSsoCookie } from '../sign-in/sso/sso-cookie.ts';
import { confirmFirstPath, confirmOptionsPath } from './confirm-first.tsx';
import { AskProviderPage, ConfirmedPage, ConfirmPage } from './confirm-page.tsx';
import { carriedFields, confirmedForms, confirmFields } from './confirmed-forms.ts';

type ConfirmationPagesDeps = Pick<
  AppDeps,
  'confirmations' | 'identityProvider' | 'clock' | 'config' | 'log' | 'failureLog' | 'ssoLog'
>;

/**
 * Shows the page that asks for a confirmation if a form needs one, in place of an error page. The page contains the fields of the form,
 * without secrets, and posts them to the same address.
 */
export function askForConfirmation(deps: ConfirmationPagesDeps, otherwise: ErrorHandler<AppEnv>): ErrorHandler<AppEnv> {
  return async (error, c) => {
    if (error instanceof ConfirmationRequired) return confirmPage(deps, c, await waitingForm(c, error.action), error);
    if (error instanceof JustConfirmed) return c.render(<ConfirmedPage form={await waitingForm(c)} />);
    return otherwise(error, c);
  };
}

/**
 * Returns the middleware that reads the proof from the forms of `ConfirmPage`. With a valid one, the request goes on only to show the form
 * that waited: `Caller.confirms` keeps the domain from the change, so that the server never repeats what the member sent before.
 */
export function readConfirmation(deps: ConfirmationPagesDeps): MiddlewareHandler<AppEnv> {
  const report = createSsoReport(deps);
  const askProvider = createAskProvider(deps);
  const routes = new Set([...Object.values(confirmedForms).flat(), `POST ${confirmFirstPath}`]);

  return async (c, next) => {
    const way = await wayOf(c);
    if (way === '') return next();
    if (!routes.has(routeOf(c))) throw notConfirmable();
    const form = await waitingForm(c);
    try {
      if (way === 'sso') return await askProvider(c, form);
      await checkProof(deps, c, way, form);
    } catch (error) {
      const problem = expectProblem(error);
      if (problem.code === 'not-authenticated' || problem.code === 'bad-request') throw problem;
      const { message } = way === 'sso' ? report.failure(c, problem) : problem;
      return confirmPage(deps, c, form, problem, message);
    }
    c.set('caller', { ...c.get('caller'), confirms: true });
    return next();
  };
}

/** Returns how a form confirms, or the empty string for one that does not. */
async function wayOf(c: AppContext): Promise<string> {
  // The script sends the whole form when it asks for a challenge.
  if (c.req.method !== 'POST' || c.req.path === confirmOptionsPath) return '';
  return text((await c.req.parseBody())[confirmFields.with]);
}

function routeOf(c: AppContext): string {
  const route = matchedRoutes(c).find(({ method }) => method !== 'ALL');
  return `${route?.method} ${route?.path}`;
}

/** Checks the password or the passkey, or for `done` that the session has confirmed before. @throws ProblemError */
async function checkProof(
  { confirmations, clock }: ConfirmationPagesDeps,
  c: AppContext,
  way: string,
  { action }: WaitingForm,
): Promise<void> {
  const posted = await c.req.parseBody();
  if (way === 'password') return confirmations.byPassword(c.get('caller'), text(posted[confirmFields.password]));
  if (way === 'passkey') return confirmations.byPasskey(c.get('caller'), text(posted.response));
  if (!isConfirmed(c.get('session'), clock.now())) throw new ConfirmationRequired(action);
}

/** Returns a function that sends the browser to the identity provider. */
function createAskProvider({ confirmations, identityProvider, config }: ConfirmationPagesDeps) {
  const ssoCookie = createSsoCookie(config.publicUrl);
  return async (c: AppContext, form: WaitingForm): Promise<Response> => {
    if (identityProvider === null) throw notConfirmable();
    const { url, pending } = await identityProvider.begin('confirm');
    await confirmations.beginSso(c.get('caller'), pending.state, form);
    ssoCookie.write(c, { ...pending, next: startPath });
    return c.render(<AskProviderPage url={url} />);
  };
}

async function confirmPage(
  { confirmations }: ConfirmationPagesDeps,
  c: AppContext,
  form: WaitingForm,
  problem: ProblemError,
  error?: string,
): Promise<Response> {
  const ways = await confirmations.ways(c.get('caller'));
  const page = <ConfirmPage form={form} ways={ways} error={error} />;
  return renderProblem(c, problem, page);
}

/** Returns the posted form, which then waits for the confirmation. */
async function waitingForm(c: AppContext, action?: string): Promise<WaitingForm> {
  const posted = await c.req.parseBody({ all: true });
  const { search } = new URL(c.req.url);
  return {
    path: c.req.path + search,
    action: action ?? (text(posted[confirmFields.action]).slice(0, maxActionCharacters) || 'go on'),
    fields: carriedFields(posted),
  };
}

/** More than the longest action with the longest name. */
const maxActionCharacters = 400;

function notConfirmable(): ProblemError {
  return new ProblemError('bad-request', 'This form needs no confirmation. Go back and send it again.');
}
