import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { refusalOf, showRefused } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { addressOf, type Place } from '../shell/page-url.ts';
import { doneMessage, withDone } from '../shell/success-message.ts';
import { AddMemberDialog } from './add-member-dialog.tsx';
import { addMemberBody, emptyAddMemberForm, readAddMemberForm } from './add-member-form.ts';
import { MemberDialog } from './member-action-dialog.tsx';
import { teamPath } from './member-labels.ts';
import { TeamPage } from './team-page.tsx';

/** `/organization/team`: the members, for superusers. */
export function teamPages({ users, tokens, deadLetters, clock, config }: AppDeps) {
  return new Hono<AppEnv>()
    .get(teamPath, async (c) => {
      const place = placeOf(c);
      return c.html(await page(c, place, await dialogOf(c, place)));
    })
    .post(teamPath, async (c) => {
      const posted = await c.req.parseBody();
      const form = readAddMemberForm(posted);
      try {
        await users.create(c.get('caller'), addMemberBody(form, text(posted.password)));
        return c.redirect(withDone(teamPath, 'member-added'), 303);
      } catch (error) {
        const refused = refusalOf(error);
        const dialog = <AddMemberDialog c={c} closeHref={`${teamPath}#add`} form={form} refused={refused} />;
        return showRefused(c, refused, await page(c, { path: teamPath, query: {} }, dialog));
      }
    });

  async function page(c: AppContext, place: Place, dialog: Child) {
    const { q, cursor } = place.query;
    const { items, next_cursor } = await readPage(
      { cursor, ...(q !== undefined && { q }) },
      (query) => users.list(c.get('caller'), query),
      (user) => user,
    );
    return (
      <TeamPage
        c={c}
        organization={config.organization}
        now={clock.now()}
        members={items}
        place={place}
        nextCursor={next_cursor}
        done={doneMessage(c.req.query('done'))}
        dialog={dialog}
        deadLetters={await deadLetters.look(c.get('caller'))}
      />
    );
  }

  async function dialogOf(c: AppContext, place: Place): Promise<Child> {
    const { dialog, id = '' } = c.req.query();
    if (dialog === 'add') {
      return <AddMemberDialog c={c} closeHref={`${addressOf(place)}#add`} form={emptyAddMemberForm} />;
    }
    if (dialog !== 'ungrant') return null;
    const caller = c.get('caller');
    const user = await users.get(caller, id);
    if (!user.canManageTokens) return null;
    const working = await tokens.countActive(caller, id);
    const self = id === caller.user.id;
    return <MemberDialog c={c} action="ungrant" place={place} user={user} working={working} self={self} />;
  }
}

function placeOf(c: AppContext): Place {
  const { q, cursor } = c.req.query();
  return { path: teamPath, query: { q: q?.trim() || undefined, cursor: cursor || undefined } };
}
