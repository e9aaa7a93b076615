import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { ProblemError } from '../../../../shared/problem.ts';
import { requireSent } from '../../../domain/sign-in/confirmation/required.ts';
import type { AppContext, AppEnv } from '../../../http/context.ts';
import type { ServiceAccountSummary } from '../../../store/records.ts';
import { expectProblem, renderProblem } from '../../shell/form-problem.ts';
import { formSentBefore } from '../../tokens/create-token-form.ts';
import { calledAddress } from '../../tokens/value/called-address.ts';
import { NewTokenPage } from '../../tokens/value/new-token-page.tsx';
import { ValueAlreadyShownPage } from '../../tokens/value/value-already-shown-page.tsx';
import { type AccountDeps, factsOfAccount, findAccount } from '../facts-of-account.ts';
import { ServiceAccountPage } from '../service-account-page.tsx';
import { serviceAccountPath, serviceAccountsPath } from '../service-account-paths.ts';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { emptyKeyForm, type KeyForm, keyBody, keyExpiryChoices, readKeyForm } from './key-form.ts';

/** The form on the page of a service account that creates a management key for it. Only for superusers. */
export function accountKeyPages(deps: AccountDeps) {
  const { tokens, clock } = deps;

  return new Hono<AppEnv>().post(`${serviceAccountsPath}/:id/keys`, async (c) => {
    const account = await findAccount(deps, c);
    const form = readKeyForm(await c.req.parseBody({ all: true }), randomUUID());
    try {
      requireSent(c.get('caller'));
      return await create(c, account, form);
    } catch (error) {
      const problem = expectProblem(error);
      if (problem.code === 'not-authenticated' || problem.code === 'superuser-required') throw problem;
      // The form was sent before, and the key that it created was revoked in the meantime.
      if (problem.code === 'token-not-found') return c.render(<ValueAlreadyShownPage token={null} now={clock.now()} />);
      const facts = await factsOfAccount(deps, c, account);
      const dialog = keyDialog(deps, account, form, problem);
      return renderProblem(c, problem, <ServiceAccountPage {...facts} dialog={dialog} />);
    }
  });

  async function create(c: AppContext, { name }: ServiceAccountSummary, form: KeyForm): Promise<Response> {
    const { token, secret } = await tokens.create(c.get('caller'), keyBody(form, name), form.key);
    if (secret === null) return c.render(<ValueAlreadyShownPage token={token} now={clock.now()} />);
    const address = await calledAddress(deps, token);
    return c.render(<NewTokenPage token={token} value={secret.reveal()} address={address} now={clock.now()} />);
  }
}

/** Returns the empty form for a new management key. */
export function emptyKeyDialog(deps: AccountDeps, account: ServiceAccountSummary): Child {
  const { preselected } = keyExpiryChoices(deps.config, deps.clock.now());
  return keyDialog(deps, account, emptyKeyForm(String(preselected), randomUUID()));
}

function keyDialog(
  { clock, config }: AccountDeps,
  account: ServiceAccountSummary,
  form: KeyForm,
  problem?: ProblemError,
): Child {
  const keyWasUsed = problem?.code === 'idempotency-mismatch';
  return (
    <CreateKeyDialog
      account={account}
      closeHref={`${serviceAccountPath(account.id)}#create-key`}
      form={keyWasUsed ? { ...form, key: randomUUID() } : form}
      choices={keyExpiryChoices(config, clock.now())}
      problem={keyWasUsed ? formSentBefore(problem) : problem}
    />
  );
}
