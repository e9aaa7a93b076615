import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { ProblemError } from '../../../../shared/problem.ts';
import type { AppContext, AppEnv } from '../../../http/context.ts';
import type { ServiceAccountSummary } from '../../../store/records.ts';
import { expectProblem, renderProblem } from '../../shell/form-problem.ts';
import { formatUrl } from '../../shell/page-url.ts';
import { CreateTokenDialog } from '../../tokens/create-token-dialog.tsx';
import {
  type CreateTokenForm,
  createTokenBody,
  emptyCreateTokenForm,
  formSentBefore,
  readCreateTokenForm,
} from '../../tokens/create-token-form.ts';
import { expiryChoices } from '../../tokens/expiry-choices.ts';
import { RevokeTokenDialog, usesBeforeRevocation } from '../../tokens/revoke-token-dialog.tsx';
import { tokenPath } from '../../tokens/token-paths.ts';
import { calledAddress } from '../../tokens/value/called-address.ts';
import { NewTokenPage } from '../../tokens/value/new-token-page.tsx';
import { ValueAlreadyShownPage } from '../../tokens/value/value-already-shown-page.tsx';
import { type AccountDeps, factsOfAccount, findAccount, readPageUrl } from '../facts-of-account.ts';
import { emptyKeyDialog } from '../keys/key-routes.tsx';
import { ServiceAccountPage } from '../service-account-page.tsx';
import { serviceAccountPath, serviceAccountsPath } from '../service-account-paths.ts';

/** The form on the page of a service account that creates a token for it. */
export function accountTokenPages(deps: AccountDeps) {
  const { tokens, clock } = deps;

  return new Hono<AppEnv>().post(`${serviceAccountsPath}/:id/tokens`, async (c) => {
    const account = await findAccount(deps, c);
    const form = readCreateTokenForm(await c.req.parseBody(), randomUUID());
    try {
      return await create(c, account, form);
    } catch (error) {
      const problem = expectProblem(error);
      if (problem.code === 'not-authenticated' || problem.code === 'service-account-not-found') throw problem;
      // The form was sent before, and the token that it created was revoked in the meantime.
      if (problem.code === 'token-not-found') return c.render(<ValueAlreadyShownPage token={null} now={clock.now()} />);
      const dialog = await createDialog(deps, c, account, form, problem);
      const facts = await factsOfAccount(deps, c, account);
      return renderProblem(c, problem, <ServiceAccountPage {...facts} dialog={dialog} />);
    }
  });

  async function create(c: AppContext, { name }: ServiceAccountSummary, form: CreateTokenForm): Promise<Response> {
    const { token, secret } = await tokens.create(c.get('caller'), createTokenBody(form, name), form.key);
    if (secret === null) return c.render(<ValueAlreadyShownPage token={token} now={clock.now()} />);
    const address = await calledAddress(deps, token);
    return c.render(<NewTokenPage token={token} value={secret.reveal()} address={address} now={clock.now()} />);
  }
}

/** Returns the dialog about a token that `?dialog=` names, or null for another name. */
export async function requestedTokenDialog(
  deps: AccountDeps,
  c: AppContext,
  account: ServiceAccountSummary,
): Promise<Child> {
  const { tokens, usage, clock, statusContext, config } = deps;
  const { dialog, token: tokenId = '' } = c.req.query();
  if (dialog === 'create-token' && !account.disabled) {
    const expires = String(expiryChoices(config, clock.now()).preselected);
    return createDialog(deps, c, account, emptyCreateTokenForm(expires, randomUUID()));
  }
  if (dialog === 'create-key' && !account.disabled && c.get('caller').user.superuser)
    return emptyKeyDialog(deps, account);
  if (dialog !== 'revoke') return null;
  const token = await tokens.get(c.get('caller'), tokenId);
  if (token.ownerId !== account.id)
    throw new ProblemError('token-not-found', 'This service account has no such token.');
  const closeHref = `${formatUrl(readPageUrl(c, account))}#actions-${token.id}`;
  const facts = {
    token,
    usage: await usage.ofToken(c.get('caller'), token, usesBeforeRevocation),
    statusContext: statusContext(),
  };
  return <RevokeTokenDialog {...facts} action={`${tokenPath(token.id)}/revoke`} closeHref={closeHref} />;
}

async function createDialog(
  { apps, clock, config }: AccountDeps,
  c: AppContext,
  account: ServiceAccountSummary,
  form: CreateTokenForm,
  problem?: ProblemError,
): Promise<Child> {
  const url = c.req.method === 'GET' ? formatUrl(readPageUrl(c, account)) : serviceAccountPath(account.id);
  const keyWasUsed = problem?.code === 'idempotency-mismatch';
  return (
    <CreateTokenDialog
      account={account}
      closeHref={`${url}#create-token`}
      form={keyWasUsed ? { ...form, key: randomUUID() } : form}
      choices={expiryChoices(config, clock.now())}
      offeredApps={await apps.offer()}
      problem={keyWasUsed ? formSentBefore(problem) : problem}
    />
  );
}
