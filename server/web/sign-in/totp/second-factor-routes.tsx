import { Hono } from 'hono';
import type { ProblemError } from '../../../../shared/problem.ts';
import { newPasskeySchema } from '../../../../shared/schemas/sign-in/passkeys.ts';
import type { PreparedTotp } from '../../../../shared/schemas/sign-in/totp.ts';
import { passkeysNeedScript } from '../../../domain/sign-in/passkeys/problems.ts';
import type { StartedSession } from '../../../domain/sign-in/start-session.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { bearerChallenge } from '../../../http/errors.ts';
import { deviceNameOf } from '../../profile/passkeys/device-name.ts';
import { FirstPasskey } from '../../profile/passkeys/first-passkey.tsx';
import { RecoveryCodesPage } from '../../profile/recovery-codes-page.tsx';
import { TotpEnrolmentPage } from '../../profile/totp-enrolment-page.tsx';
import { expectProblem, fieldErrors, renderProblem } from '../../shell/form-problem.ts';
import { parseForm, text } from '../../shell/form-values.ts';
import { formatUrl } from '../../shell/page-url.ts';
import { safeReturnPath } from '../../shell/return-path.ts';
import type { BrowserSession } from '../browser-session.ts';
import type { DeviceCookie } from '../device-cookie.ts';
import { respondWithOptions } from '../passkeys/options-response.ts';
import type { SecondFactorCookie } from './second-factor-cookie.ts';
import { SecondFactorPage } from './second-factor-page.tsx';

export const secondFactorPath = '/login/code';
export const enrolPath = '/login/set-up';
const passkeyFactorPath = `${secondFactorPath}/passkey`;
const passkeyEnrolPath = `${enrolPath}/passkey`;

/** The values that the page of the set-up shows again after a problem. */
interface Shown {
  error?: string;
  name?: string;
  nameError?: string | undefined;
}

interface SecondFactorDeps extends Pick<AppDeps, 'secondFactor' | 'passkeys' | 'config'> {
  browserSession: BrowserSession;
  deviceCookie: DeviceCookie;
  secondFactorCookie: SecondFactorCookie;
}

/** Routes that follow the password: the second factor, or its set-up if the organization requires one. */
export function secondFactorPages(deps: SecondFactorDeps) {
  const { secondFactor, passkeys, browserSession, deviceCookie, secondFactorCookie, config } = deps;
  const nextOf = (c: AppContext) => safeReturnPath(c.req.query('next'), config.publicUrl);
  const actionOf = (c: AppContext, path: string) => formatUrl({ path, query: { next: nextOf(c) } });

  return new Hono<AppEnv>()
    .get(secondFactorPath, async (c) => c.render(await codePage(c)))
    .post(secondFactorPath, async (c) => {
      const code = text((await c.req.parseBody()).code);
      try {
        const ticket = secondFactorCookie.read(c);
        await startSession(c, await secondFactor.finish(ticket, code, c.get('clientInfo'), deviceCookie.read(c)));
        return c.redirect(nextOf(c), 303);
      } catch (error) {
        return rejected(c, expectProblem(error));
      }
    })
    .post(`${passkeyFactorPath}/options`, (c) =>
      respondWithOptions(c, () => secondFactor.beginPasskey(secondFactorCookie.read(c), c.get('clientInfo'))),
    )
    .post(passkeyFactorPath, async (c) => {
      const response = text((await c.req.parseBody()).response);
      try {
        if (response === '') throw passkeysNeedScript();
        const ticket = secondFactorCookie.read(c);
        await startSession(c, await secondFactor.finishPasskey(ticket, response, c.get('clientInfo')));
        return c.redirect(nextOf(c), 303);
      } catch (error) {
        return rejected(c, expectProblem(error));
      }
    })
    .get(enrolPath, async (c) =>
      c.render(await enrolmentPage(c, await secondFactor.prepare(secondFactorCookie.read(c), c.get('clientInfo')))),
    )
    .post(enrolPath, async (c) => {
      const code = text((await c.req.parseBody()).code);
      try {
        const ticket = secondFactorCookie.read(c);
        const { started, codes } = await secondFactor.finishEnrolment(ticket, code, c.get('clientInfo'));
        await startSession(c, started);
        return c.render(<RecoveryCodesPage codes={codes} next={nextOf(c)} />);
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code !== 'wrong-code' && problem.code !== 'throttled') throw problem;
        // Keeps the secret, because the member has already scanned it.
        const prepared = await secondFactor.findPrepared(secondFactorCookie.read(c), c.get('clientInfo'));
        return renderProblem(c, problem, await enrolmentPage(c, prepared, { error: problem.message }));
      }
    })
    .post(`${passkeyEnrolPath}/options`, (c) =>
      respondWithOptions(c, () => secondFactor.beginPasskeyEnrolment(secondFactorCookie.read(c), c.get('clientInfo'))),
    )
    .post(passkeyEnrolPath, async (c) => {
      const form = await c.req.parseBody();
      const ticket = secondFactorCookie.read(c);
      try {
        const { name } = parseForm(newPasskeySchema, { name: text(form.name) });
        const passkey = { response: text(form.response), name };
        const { started, codes } = await secondFactor.finishPasskeyEnrolment(ticket, passkey, c.get('clientInfo'));
        await startSession(c, started);
        return c.render(<RecoveryCodesPage codes={codes} next={nextOf(c)} />);
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code === 'form-expired') throw problem;
        const prepared = await secondFactor.findPrepared(ticket, c.get('clientInfo'));
        const shown = { name: text(form.name), nameError: fieldErrors(problem).name, error: problem.message };
        return renderProblem(c, problem, await enrolmentPage(c, prepared, shown));
      }
    });

  async function rejected(c: AppContext, problem: ProblemError) {
    if (problem.code === 'form-expired') throw problem;
    if (problem.code === 'totp-required') c.header('WWW-Authenticate', bearerChallenge());
    return renderProblem(c, problem, await codePage(c, problem.message));
  }

  async function codePage(c: AppContext, error?: string) {
    const factors = await secondFactor.factorsOf(secondFactorCookie.read(c));
    const actions = { action: actionOf(c, secondFactorPath), passkeyAction: actionOf(c, passkeyFactorPath) };
    return <SecondFactorPage {...actions} factors={factors} passkeysWork={passkeys.party !== null} error={error} />;
  }

  async function startSession(c: AppContext, started: StartedSession): Promise<void> {
    await browserSession.start(c, started, 'code');
    secondFactorCookie.clear(c);
  }

  /** The first second factor: an authenticator app, or a passkey where browsers allow them. */
  async function enrolmentPage(c: AppContext, prepared: PreparedTotp, { error, ...shown }: Shown = {}) {
    const passkey = (await secondFactor.allowsPasskey(secondFactorCookie.read(c))) && (
      <FirstPasskey action={actionOf(c, passkeyEnrolPath)} name={deviceNameOf(c)} {...shown} />
    );
    return (
      <TotpEnrolmentPage prepared={prepared} action={actionOf(c, enrolPath)} error={error}>
        {passkey}
      </TotpEnrolmentPage>
    );
  }
}
