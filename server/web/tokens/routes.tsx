import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { memberPath } from '../team/team-paths.ts';
import { isWrong, ownFilterNames, type ReadFilter, readFilter, validValues } from './all/token-filters.ts';
import { ApiTokensPage } from './api-tokens-page.tsx';
import { CreateTokenDialog } from './create-token-dialog.tsx';
import {
  type CreateTokenForm,
  createTokenBody,
  emptyCreateTokenForm,
  formSentBefore,
  readCreateTokenForm,
} from './create-token-form.ts';
import { asksForEnded, endedTokenPage, renderEndedList } from './ended/ended-routes.tsx';
import { expiryChoices } from './expiry-choices.ts';
import { factsOfToken } from './facts-of-token.ts';
import { offerOwners } from './fields/owner-field.tsx';
import { readCountedPage } from './list/counted-page.ts';
import { searchForPrefix } from './list/search-for-prefix.ts';
import { untested } from './request-test/test-section.tsx';
import { RevokeTokenDialog, usesBeforeRevocation } from './revoke-token-dialog.tsx';
import { readPreselected } from './selection/selection-bar.tsx';
import { requestedTokenChange } from './token-change-routes.tsx';
import { TokenPage } from './token-page.tsx';
import { ownerPath, tokenPath, tokensPath } from './token-paths.ts';
import { requestedNarrowing } from './usage/narrow-routes.tsx';
import { calledAddress } from './value/called-address.ts';
import { NewTokenPage } from './value/new-token-page.tsx';
import { ValueAlreadyShownPage } from './value/value-already-shown-page.tsx';

type TokenPagesDeps = Pick<
  AppDeps,
  | 'tokens'
  | 'apps'
  | 'serviceAccounts'
  | 'usage'
  | 'audit'
  | 'suggestions'
  | 'users'
  | 'clock'
  | 'statusContext'
  | 'config'
>;

/** Routes of `/profile/api-tokens`: the member's own tokens, and a page for each token. */
export function tokenPages({
  tokens,
  apps,
  serviceAccounts,
  usage,
  audit,
  suggestions,
  users,
  clock,
  statusContext,
  config,
  messages,
}: TokenPagesDeps & MessageDeps) {
  return new Hono<AppEnv>()
    .get(tokensPath, async (c) => {
      if (asksForEnded(c)) return renderEndedList({ tokens, statusContext }, c, { path: tokensPath });
      const status = isWrong(readFilter(c, ownFilterNames).errors) ? 400 : 200;
      return searchForPrefix(c) ?? c.render(await page(c, readPageUrl(c), await requestedDialog(c)), status);
    })
    .post(tokensPath, async (c) => {
      const form = readCreateTokenForm(await c.req.parseBody(), randomUUID());
      try {
        return await create(c, form);
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code === 'not-authenticated') throw problem;
        // The form was sent before, and the token that it created was revoked in the meantime.
        if (problem.code === 'token-not-found')
          return c.render(<ValueAlreadyShownPage token={null} now={clock.now()} />);
        return renderProblem(c, problem, await page(c, unfiltered, await createDialog(c, unfiltered, form, problem)));
      }
    })
    .get(`${tokensPath}/:id`, async (c) => c.render(await tokenPage(c)))
    .post(`${tokensPath}/:id/revoke`, async (c) => {
      const caller = c.get('caller');
      const token = await tokens.get(caller, c.req.param('id'));
      await tokens.revoke(caller, token.id);
      const list = token.ownerKind === 'service-account' ? ownerPath(token) : formatUrl(readPageUrl(c));
      return messages.redirect(c, list, 'token-revoked', token.name);
    });

  /** Creates the token and shows its value. If this form was sent before, the secret is null and cannot be shown. */
  async function create(c: AppContext, form: CreateTokenForm): Promise<Response> {
    const { token, secret } = await tokens.create(c.get('caller'), createTokenBody(form), form.key);
    if (secret === null) return c.render(<ValueAlreadyShownPage token={token} now={clock.now()} />);
    const address = await calledAddress({ apps, config }, token);
    return c.render(<NewTokenPage token={token} value={secret.reveal()} address={address} now={clock.now()} />);
  }

  async function tokenPage(c: AppContext) {
    const caller = c.get('caller');
    const id = c.req.param('id') ?? '';
    const token = await tokens.get(caller, id).catch(asMissing);
    if (token === null) return endedTokenPage({ tokens, audit, clock }, c, id);
    const closeHref = `${tokenPath(token.id)}#revoke-${token.id}`;
    // Another member's token is revoked through the member's page, which appears afterwards.
    const isOfOther = token.ownerKind === 'member' && token.ownerId !== caller.user.id;
    const action = `${isOfOther ? `${memberPath(token.ownerId)}/tokens/${token.id}` : tokenPath(token.id)}/revoke`;
    const name = c.req.query('dialog');
    const facts = await factsOfToken({ tokens, usage, audit, statusContext }, c, token);
    // An auditor gets no dialog about the token of somebody else.
    if (!facts.actsAsOwner && !caller.user.superuser) return <TokenPage {...facts} />;
    const test = c.req.query('test') === undefined ? undefined : untested;
    const dialog = name === 'revoke' && <RevokeTokenDialog {...facts} action={action} closeHref={closeHref} />;
    return (
      <TokenPage
        {...facts}
        test={test}
        dialog={
          dialog ||
          (await requestedNarrowing(c, token, { tokens, suggestions })) ||
          (await requestedTokenChange(c, facts, { tokens, apps, statusContext }))
        }
      />
    );
  }

  async function page(c: AppContext, pageUrl: PageUrl, dialog: Child) {
    const caller = c.get('caller');
    const isGet = c.req.method === 'GET';
    const { values, errors, query: read, sort } = isGet ? readFilter(c, ownFilterNames) : noFilter;
    const { all: _, ...query } = read;
    const { cursor } = pageUrl.query;
    const { items, next_cursor, counts } = isWrong(errors)
      ? noTokens
      : await readCountedPage(tokens, c, { query, cursor, sort });
    return (
      <ApiTokensPage
        tokens={items}
        names={await tokens.appNames(items)}
        pageUrl={pageUrl}
        values={values}
        errors={errors}
        preselected={readPreselected(c.req.query('select'))}
        counts={counts}
        nextCursor={next_cursor}
        superusers={caller.user.canManageTokens ? [] : await users.superusers()}
        statusContext={statusContext()}
        dialog={dialog}
      />
    );
  }

  async function requestedDialog(c: AppContext): Promise<Child> {
    const { dialog, id = '' } = c.req.query();
    const caller = c.get('caller');
    const pageUrl = readPageUrl(c);
    if (dialog === 'revoke') {
      const token = await tokens.get(caller, id);
      if (!caller.user.superuser && !(await tokens.actsAsOwner(caller, token))) return null;
      const action = formatUrl({ ...pageUrl, path: `${tokensPath}/${token.id}/revoke` });
      const closeHref = `${formatUrl(pageUrl)}#actions-${token.id}`;
      const facts = {
        token,
        usage: await usage.ofToken(c.get('caller'), token, usesBeforeRevocation),
        statusContext: statusContext(),
      };
      return <RevokeTokenDialog {...facts} action={action} closeHref={closeHref} />;
    }
    if (dialog !== 'create' || !caller.user.canManageTokens) return null;
    const expires = String(expiryChoices(config, clock.now()).preselected);
    return createDialog(c, pageUrl, emptyCreateTokenForm(expires, randomUUID()));
  }

  async function createDialog(
    c: AppContext,
    pageUrl: PageUrl,
    form: CreateTokenForm,
    problem?: ProblemError,
  ): Promise<Child> {
    const keyWasUsed = problem?.code === 'idempotency-mismatch';
    return (
      <CreateTokenDialog
        closeHref={`${formatUrl(pageUrl)}#create`}
        form={keyWasUsed ? { ...form, key: randomUUID() } : form}
        choices={expiryChoices(config, clock.now())}
        offeredApps={await apps.offer()}
        offeredOwners={await offerOwners({ serviceAccounts, users }, c.get('caller'))}
        problem={keyWasUsed ? formSentBefore(problem) : problem}
      />
    );
  }
}

const unfiltered: PageUrl = { path: tokensPath, query: {} };
const noFilter: ReadFilter = { values: {}, errors: {}, query: {}, sort: undefined };
const noTokens = { items: [], next_cursor: null, counts: { total: 0, attention: null } };

function readPageUrl(c: AppContext): PageUrl {
  return {
    path: tokensPath,
    query: { ...validValues(readFilter(c, ownFilterNames)), cursor: c.req.query('cursor') || undefined },
  };
}

/** Returns null if there is no such token. It may have ended. */
function asMissing(error: unknown): null {
  if (!(error instanceof ProblemError) || error.code !== 'token-not-found') throw error;
  return null;
}
