import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { refusalOf, showRefused } from '../shell/form-problem.ts';
import { addressOf, type Place } from '../shell/page-url.ts';
import { doneMessage, withDone } from '../shell/success-message.ts';
import { TokensPage, tokensPath } from './api-tokens-page.tsx';
import { CreateTokenDialog } from './create-token-dialog.tsx';
import { type CreateTokenForm, createTokenBody, readCreateTokenForm } from './create-token-form.ts';
import { expiryChoices } from './expiry-choices.ts';
import { NewTokenPage, ShownAlreadyPage } from './new-token-page.tsx';
import { RevokeTokenDialog } from './revoke-token-dialog.tsx';

/** `/profile/api-tokens`: the tab that most people come for. */
export function tokenPages(deps: AppDeps) {
  const { tokens, users, clock, statusContext, config } = deps;
  const { organization, publicUrl } = config;

  return new Hono<AppEnv>()
    .get(tokensPath, async (c) => c.html(await page(c, placeOf(c), await dialogOf(c))))
    .post(tokensPath, async (c) => {
      const form = readCreateTokenForm(await c.req.parseBody(), randomUUID());
      try {
        return await create(c, form);
      } catch (error) {
        const refused = refusalOf(error);
        if (refused.code === 'not-authenticated') throw refused;
        if (refused.code === 'token-not-found') {
          return c.html(<ShownAlreadyPage c={c} organization={organization} token={null} />);
        }
        return showRefused(c, refused, await page(c, wholeList, createDialog(c, wholeList, form, refused)));
      }
    })
    .post(`${tokensPath}/:id/revoke`, async (c) => {
      await tokens.revoke(c.get('caller'), c.req.param('id'));
      return c.redirect(withDone(addressOf(placeOf(c)), 'token-revoked'), 303);
    });

  /** The one answer with a value; a form that is sent again gets another without. */
  async function create(c: AppContext, form: CreateTokenForm): Promise<Response> {
    const { token, secret } = await tokens.create(c.get('caller'), createTokenBody(form), form.key);
    if (secret === null) return c.html(<ShownAlreadyPage c={c} organization={organization} token={token} />);
    const common = { c, organization, publicUrl, token, now: clock.now() };
    return c.html(<NewTokenPage {...common} value={secret.reveal()} />);
  }

  async function page(c: AppContext, place: Place, dialog: Child) {
    const { q, cursor } = place.query;
    const caller = c.get('caller');
    const query = { cursor, ...(q !== undefined && { q }) };
    const found = await readPage(
      query,
      (query) => tokens.list(caller, query),
      (token) => token,
    );
    return (
      <TokensPage
        c={c}
        organization={organization}
        tokens={found.items}
        place={place}
        nextCursor={found.next_cursor}
        superusers={caller.user.canManageTokens ? [] : await users.superusers()}
        statusContext={statusContext()}
        done={doneMessage(c.req.query('done'))}
        dialog={dialog}
      />
    );
  }

  async function dialogOf(c: AppContext): Promise<Child> {
    const { dialog, id = '' } = c.req.query();
    const caller = c.get('caller');
    const place = placeOf(c);
    if (dialog === 'revoke') {
      const token = await tokens.get(caller, id);
      const action = addressOf({ ...place, path: `${tokensPath}/${token.id}/revoke` });
      const closeHref = `${addressOf(place)}#revoke-${token.id}`;
      return <RevokeTokenDialog c={c} token={token} now={clock.now()} action={action} closeHref={closeHref} />;
    }
    if (dialog !== 'create' || !caller.user.canManageTokens) return null;
    const expires = String(expiryChoices(config, clock.now()).preselected);
    return createDialog(c, place, { name: '', description: '', expires, date: '', key: randomUUID() });
  }

  function createDialog(c: AppContext, place: Place, form: CreateTokenForm, refused?: ProblemError): Child {
    const used = refused?.code === 'idempotency-mismatch';
    return (
      <CreateTokenDialog
        c={c}
        closeHref={`${addressOf(place)}#create`}
        form={used ? { ...form, key: randomUUID() } : form}
        choices={expiryChoices(config, clock.now())}
        refused={used ? sentBefore(refused) : refused}
      />
    );
  }
}

const wholeList: Place = { path: tokensPath, query: {} };

function placeOf(c: AppContext): Place {
  const { q, cursor } = c.req.query();
  return { path: tokensPath, query: { q: q?.trim() || undefined, cursor: cursor || undefined } };
}

function sentBefore({ code }: ProblemError): ProblemError {
  return new ProblemError(
    code,
    'This form created a token before, with other contents. Send it again to create another token.',
  );
}
