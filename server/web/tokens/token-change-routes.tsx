import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { requireSent } from '../../domain/sign-in/confirmation/required.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import type { TokenRecord } from '../../store/records.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import type { MessageCode } from '../shell/messages/texts.ts';
import { factsOfToken, type TokenFacts } from './facts-of-token.ts';
import { offeredActions } from './list/token-actions.ts';
import { isTokenAction, type TokenAction, TokenChangeDialog } from './token-change-dialogs.tsx';
import {
  editTokenBody,
  emptyTokenChangeForm,
  pauseTokenBody,
  readTokenChangeForm,
  rotateTokenBody,
  type TokenChangeForm,
} from './token-change-forms.ts';
import { TokenPage } from './token-page.tsx';
import { tokenPath, tokensPath } from './token-paths.ts';
import { formThatAllows } from './trouble/allow-form.ts';
import { calledAddress } from './value/called-address.ts';
import { NewTokenPage } from './value/new-token-page.tsx';
import { ValueAlreadyShownPage } from './value/value-already-shown-page.tsx';

type TokenChangeDeps = Pick<AppDeps, 'tokens' | 'apps' | 'usage' | 'audit' | 'clock' | 'statusContext' | 'config'>;

const successCodes = {
  'end-previous': 'previous-ended',
  pause: 'token-paused',
  resume: 'token-resumed',
} as const satisfies Record<Exclude<TokenAction, 'rotate' | 'edit'>, MessageCode>;

/** Routes of the forms on a token's page: rotate, edit, pause and resume. */
export function tokenChangePages({
  tokens,
  apps,
  usage,
  audit,
  clock,
  statusContext,
  config,
  messages,
}: TokenChangeDeps & MessageDeps) {
  return new Hono<AppEnv>().post(`${tokensPath}/:id/:action`, async (c) => {
    const { id, action } = c.req.param();
    if (!isTokenAction(action)) return c.notFound();
    const form = readTokenChangeForm(await c.req.parseBody({ all: true }), randomUUID());
    const token = await tokens.get(c.get('caller'), id);
    try {
      requireSent(c.get('caller'));
      return await change(c, action, token, form);
    } catch (error) {
      const problem = expectProblem(error);
      if (problem.code === 'not-authenticated' || problem.code === 'token-not-found') throw problem;
      const policy = await tokens.expiryPolicyOf(token);
      const facts = await factsOfToken({ tokens, usage, audit, statusContext }, c, token);
      const mayRotate = mayRotateAs(c, facts);
      const props = {
        action,
        token,
        statusContext: statusContext(),
        policy,
        usage: facts.usage,
        mayRotate,
        form,
        problem,
      };
      const dialog = <TokenChangeDialog {...props} offeredApps={await apps.offer()} />;
      return renderProblem(c, problem, <TokenPage {...facts} dialog={dialog} />);
    }
  });

  async function change(
    c: AppContext,
    action: TokenAction,
    { id, name }: TokenRecord,
    form: TokenChangeForm,
  ): Promise<Response> {
    const caller = c.get('caller');
    if (action === 'rotate') {
      const { token, secret } = await tokens.rotate(caller, id, rotateTokenBody(form), {
        idempotencyKey: form.key,
        endsOnly: form.ends || undefined,
      });
      if (secret === null) return c.render(<ValueAlreadyShownPage token={token} now={clock.now()} rotated />);
      const shown = { token, value: secret.reveal(), address: await calledAddress({ apps, config }, token) };
      return c.render(<NewTokenPage {...shown} now={clock.now()} rotated />);
    }
    if (action === 'edit') {
      const edited = await tokens.edit(caller, id, editTokenBody(form));
      return messages.redirect(c, tokenPath(id), 'token-changed', edited.name);
    }
    if (action === 'end-previous') await tokens.endPrevious(caller, id);
    if (action === 'pause') await tokens.pause(caller, id, pauseTokenBody(form));
    if (action === 'resume') await tokens.resume(caller, id);
    return messages.redirect(c, tokenPath(id), successCodes[action], name);
  }
}

/**
 * Returns the dialog that `?dialog=` names, with the token's own values. `?allow=` is the ID of a denied request: the rules of the form then have
 * the entry that allows it, and nothing is saved. Returns undefined for another name.
 */
export async function requestedTokenChange(
  c: AppContext,
  facts: TokenFacts,
  { tokens, apps, statusContext }: Pick<TokenChangeDeps, 'tokens' | 'apps' | 'statusContext'>,
): Promise<Child> {
  const { token, usage, names } = facts;
  const { dialog: action, allow } = c.req.query();
  if (!isTokenAction(action)) return undefined;
  const form = emptyTokenChangeForm(token, names, randomUUID());
  const denied = action === 'edit' ? usage.deniedRequests.find(({ id }) => id === allow) : undefined;
  const policy = await tokens.expiryPolicyOf(token);
  const props = {
    action,
    token,
    statusContext: statusContext(),
    policy,
    usage,
    mayRotate: mayRotateAs(c, facts),
    ...formThatAllows(form, token, denied, names),
  };
  return <TokenChangeDialog {...props} offeredApps={await apps.offer()} />;
}

function mayRotateAs(c: AppContext, { token, statusContext, actsAsOwner }: TokenFacts): boolean {
  const { superuser } = c.get('caller').user;
  return offeredActions(token, statusContext, { superuser, actsAsOwner }).some(([action]) => action === 'rotate');
}
