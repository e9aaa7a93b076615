import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { ProblemError } from '../../../../shared/problem.ts';
import { newPasskeySchema, passkeyChangesSchema } from '../../../../shared/schemas/sign-in/passkeys.ts';
import { hasSecondFactor } from '../../../domain/sign-in/has-second-factor.ts';
import { noSuchPasskey } from '../../../domain/sign-in/passkeys/problems.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import type { PasskeyRecord } from '../../../store/records.ts';
import { expectProblem, renderProblem } from '../../shell/form-problem.ts';
import { parseForm, text } from '../../shell/form-values.ts';
import type { MessageDeps } from '../../shell/messages/messages.ts';
import { respondWithOptions } from '../../sign-in/passkeys/options-response.ts';
import { RecoveryCodesPage } from '../recovery-codes-page.tsx';
import { deviceNameOf } from './device-name.ts';
import { newNameField, RemovePasskeyDialog, RenamePasskeyDialog } from './passkey-dialogs.tsx';
import { PasskeysPage, passkeysPath } from './passkeys-page.tsx';

/** Routes of `/profile/passkeys`: the passkeys of the member's own account. */
export function ownPasskeyPages({ passkeys, clock, messages }: Pick<AppDeps, 'passkeys' | 'clock'> & MessageDeps) {
  return new Hono<AppEnv>()
    .get(passkeysPath, async (c) => {
      const own = await passkeys.list(c.get('caller'));
      return c.render(page(c, own, { dialog: requestedDialog(c, own) }));
    })
    .post(`${passkeysPath}/options`, (c) => respondWithOptions(c, () => passkeys.beginAdding(c.get('caller'))))
    .post(passkeysPath, async (c) => {
      const form = await c.req.parseBody();
      try {
        const { name } = parseForm(newPasskeySchema, { name: text(form.name) });
        const { recoveryCodes } = await passkeys.add(c.get('caller'), text(form.response), name);
        if (recoveryCodes === null) return messages.redirect(c, passkeysPath, 'passkey-added', name);
        return c.render(<RecoveryCodesPage codes={recoveryCodes} next={passkeysPath} />);
      } catch (error) {
        return rejected(c, expectProblem(error), text(form.name));
      }
    })
    .post(`${passkeysPath}/:id/rename`, async (c) => {
      const [id, typed] = [c.req.param('id'), text((await c.req.parseBody())[newNameField])];
      try {
        const { name } = parseForm(passkeyChangesSchema, { name: typed });
        await passkeys.rename(c.get('caller'), id, name);
        return messages.redirect(c, passkeysPath, 'passkey-renamed', name);
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code !== 'invalid-fields') throw problem;
        const own = await passkeys.list(c.get('caller'));
        const dialog = <RenamePasskeyDialog passkey={findOwn(own, id)} name={typed} problem={problem} />;
        return renderProblem(c, problem, page(c, own, { dialog }));
      }
    })
    .post(`${passkeysPath}/:id/remove`, async (c) => {
      try {
        const { name } = await passkeys.remove(c.get('caller'), c.req.param('id'));
        return messages.redirect(c, passkeysPath, 'passkey-removed', name);
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code === 'not-authenticated' || problem.code === 'not-found') throw problem;
        const own = await passkeys.list(c.get('caller'));
        const dialog = removeDialog(c, own, c.req.param('id'), problem);
        return renderProblem(c, problem, page(c, own, { dialog }));
      }
    });

  async function rejected(c: AppContext, problem: ProblemError, name?: string): Promise<Response> {
    if (problem.code === 'not-authenticated') throw problem;
    const own = await passkeys.list(c.get('caller'));
    return renderProblem(c, problem, page(c, own, { problem, ...(name !== undefined && { name }) }));
  }

  function page(c: AppContext, own: PasskeyRecord[], rest: { problem?: ProblemError; dialog?: Child; name?: string }) {
    const { user } = c.get('caller');
    const details = { passkeys: own, now: clock.now(), host: passkeys.party?.id ?? null };
    return <PasskeysPage {...details} unavailable={passkeys.unavailable(user)} name={deviceNameOf(c)} {...rest} />;
  }

  function requestedDialog(c: AppContext, own: PasskeyRecord[]): Child {
    const { dialog, id } = c.req.query();
    if (dialog === 'rename') return <RenamePasskeyDialog passkey={findOwn(own, id)} />;
    return dialog === 'remove' ? removeDialog(c, own, id) : null;
  }

  function removeDialog(c: AppContext, own: PasskeyRecord[], id: string | undefined, problem?: ProblemError): Child {
    const passkey = findOwn(own, id);
    const { user } = c.get('caller');
    return (
      <RemovePasskeyDialog
        problem={problem}
        passkey={passkey}
        isLast={!hasSecondFactor({ ...user, passkeyCount: own.length - 1 })}
      />
    );
  }
}

/** @throws ProblemError `not-found` */
function findOwn(own: PasskeyRecord[], id: string | undefined): PasskeyRecord {
  const passkey = own.find((candidate) => candidate.id === id);
  if (passkey === undefined) throw noSuchPasskey();
  return passkey;
}
