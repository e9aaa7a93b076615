import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { ProblemError } from '../../../shared/problem.ts';
import { tokenStatusSchema } from '../../../shared/schemas/tokens.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { idParamSchema } from '../../http/validate.ts';
import type { StatusContext, TokenRecord, UserSummary } from '../../store/records.ts';
import { refusalOf, showRefused } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { addressOf, type Place } from '../shell/page-url.ts';
import { safeNext, startPage } from '../shell/return-path.ts';
import { type Done, doneMessage, withDone } from '../shell/success-message.ts';
import { RevokeTokenDialog } from '../tokens/revoke-token-dialog.tsx';
import { MemberDialog } from './member-action-dialog.tsx';
import { endsSuperuser, isMemberAction, type MemberAction, performAction, possibleActions } from './member-actions.ts';
import { memberPath, teamPath } from './member-labels.ts';
import { MemberPage } from './member-page.tsx';

/** `/organization/team/{id}`: one member and what a superuser can do there. */
export function memberPages(deps: AppDeps) {
  const { users, tokens, statusContext, config } = deps;
  const path = `${teamPath}/:id` as const;

  return new Hono<AppEnv>()
    .get(path, async (c) => c.html(await page(c, { done: doneMessage(c.req.query('done')), asks: true })))
    .post(`${path}/:action`, async (c) => {
      const action = c.req.param('action');
      if (!isMemberAction(action)) return c.notFound();
      const back = text((await c.req.parseBody()).back);
      try {
        const done = await performAction(deps, c.get('caller'), idOf(c), action);
        return c.redirect(withDone(...nextOf(c, action, done, back)), 303);
      } catch (error) {
        const refused = refusalOf(error);
        if (refused.code !== 'last-superuser') throw refused;
        return showRefused(c, refused, await page(c, { refusal: `Nothing was changed. ${refused.message}` }));
      }
    })
    .post(`${path}/tokens/:token/revoke`, async (c) => {
      const { id } = await tokenOf(c, c.req.param('token'));
      await tokens.revoke(c.get('caller'), id);
      return c.redirect(withDone(addressOf(placeOf(c)), 'token-revoked'), 303);
    });

  async function page(c: AppContext, shown: { done?: string | undefined; refusal?: string; asks?: boolean }) {
    const { asks, ...told } = shown;
    const caller = c.get('caller');
    const id = idOf(c);
    const place = placeOf(c);
    const user = await users.get(caller, id);
    const working = await tokens.countActive(caller, id);
    const lastSuperuser = await isLastSuperuser(user);
    const { q, cursor, status } = place.query;
    const { items, next_cursor } = await readPage(
      { cursor, ...(q && { q }), ...(status && { status: tokenStatusSchema.parse(status) }) },
      (query) => tokens.list(caller, { ...query, user: id }),
      (token) => token,
    );
    const common = { c, statusContext: statusContext(), user, working, place, lastSuperuser };
    return (
      <MemberPage
        {...common}
        {...told}
        organization={config.organization}
        tokens={items}
        nextCursor={next_cursor}
        dialog={asks ? await dialogOf(common) : null}
      />
    );
  }

  interface Asked {
    c: AppContext;
    statusContext: StatusContext;
    user: UserSummary;
    working: number;
    place: Place;
    lastSuperuser: boolean;
  }

  async function dialogOf({ c, statusContext: { now }, user, working, place, lastSuperuser }: Asked): Promise<Child> {
    const { dialog: action, token: tokenId = '' } = c.req.query();
    if (action === 'revoke') {
      const token = await tokenOf(c, tokenId);
      const target = addressOf({ ...place, path: `${place.path}/tokens/${token.id}/revoke` });
      const closeHref = `${addressOf(place)}#revoke-${token.id}`;
      return <RevokeTokenDialog c={c} token={token} now={now} action={target} closeHref={closeHref} />;
    }
    if (!isMemberAction(action) || action === 'grant' || !possibleActions(user).includes(action)) return null;
    if (lastSuperuser && endsSuperuser(action)) return null;
    const self = user.id === c.get('caller').user.id;
    return <MemberDialog c={c} action={action} place={place} user={user} working={working} self={self} />;
  }

  /** @throws ProblemError `token-not-found`, also for the token of another member */
  async function tokenOf(c: AppContext, tokenId: string): Promise<TokenRecord> {
    const token = await tokens.get(c.get('caller'), tokenId);
    if (token.ownerId !== idOf(c)) throw new ProblemError('token-not-found', 'This member has no such token.');
    return token;
  }

  async function isLastSuperuser({ superuser, disabled }: UserSummary): Promise<boolean> {
    return superuser && !disabled && (await users.superusers()).length === 1;
  }

  /** Where to go after an action, which may have taken this page away from who asked for it. */
  function nextOf(c: AppContext, action: MemberAction, done: Done, back: string): [string, Done] {
    const id = idOf(c);
    if (id === c.get('caller').user.id && endsSuperuser(action)) {
      return action === 'demote' ? [startPage, 'own-role-removed'] : ['/login', done];
    }
    return [back.startsWith(teamPath) ? safeNext(back, config.publicUrl) : memberPath(id), done];
  }
}

function idOf(c: AppContext): string {
  return idParamSchema.parse({ id: c.req.param('id') }).id;
}

function placeOf(c: AppContext): Place {
  const { q, status, cursor } = c.req.query();
  return {
    path: memberPath(idOf(c)),
    query: {
      q: q?.trim() || undefined,
      status: tokenStatusSchema.safeParse(status).data,
      cursor: cursor || undefined,
    },
  };
}
