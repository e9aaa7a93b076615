import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { idParamSchema } from '../../http/validate.ts';
import type { ListedTrust } from '../../store/records.ts';
import { historyOfTarget } from '../audit/history/read-history.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { CreateTrustDialog } from './create-trust-dialog.tsx';
import { EditTrustDialog } from './edit-trust-dialog.tsx';
import { type EditTrustForm, editTrustBody, editTrustForm, readEditTrustForm } from './edit-trust-form.ts';
import { emptyTrustForm, readTrustForm, type TrustForm, trustBody } from './trust-form.ts';
import { DeleteTrustDialog, TrustPage } from './trust-page.tsx';
import { trustPath, trustsPath } from './trust-paths.ts';
import { TrustsPage } from './trusts-page.tsx';

type TrustPagesDeps = Pick<AppDeps, 'trusts' | 'serviceAccounts' | 'apps' | 'tokens' | 'audit' | 'statusContext'> &
  MessageDeps;

/**
 * Routes of `/organization/trusts`: all trusts for superusers and auditors, and the page of one for the maintainers of its service account,
 * too. Only superusers change them.
 */
export function trustPages({ trusts, serviceAccounts, apps, tokens, audit, statusContext, messages }: TrustPagesDeps) {
  return new Hono<AppEnv>()
    .get(trustsPath, async (c) => {
      const pageUrl = { path: trustsPath, query: { cursor: c.req.query('cursor') || undefined } };
      const { dialog, service_account: account = '' } = c.req.query();
      const creates = c.get('caller').user.superuser && dialog === 'create';
      return c.render(await page(c, pageUrl, creates && (await createDialog(c, pageUrl, emptyTrustForm(account)))));
    })
    .post(trustsPath, async (c) => {
      const form = readTrustForm(await c.req.parseBody());
      try {
        const { id, name } = await trusts.create(c.get('caller'), trustBody(form));
        return messages.redirect(c, trustPath(id), 'trust-created', name);
      } catch (error) {
        const problem = expectProblem(error);
        return renderProblem(c, problem, await page(c, firstPage, await createDialog(c, firstPage, form, problem)));
      }
    })
    .get(`${trustsPath}/:id`, async (c) => {
      const trust = await trusts.get(c.get('caller'), trustId(c));
      return c.render(await trustPage(c, trust, await requestedDialog(c, trust)));
    })
    .post(`${trustsPath}/:id/edit`, async (c) => {
      const id = trustId(c);
      const form = readEditTrustForm(await c.req.parseBody());
      try {
        const body = editTrustBody(form);
        const { name } = await (body === null
          ? trusts.get(c.get('caller'), id)
          : trusts.edit(c.get('caller'), id, body));
        const code = body?.service_account === undefined ? 'trust-changed' : 'trust-moved';
        return messages.redirect(c, trustPath(id), code, name);
      } catch (error) {
        const problem = expectProblem(error);
        const trust = await trusts.get(c.get('caller'), id);
        return renderProblem(c, problem, await trustPage(c, trust, await editDialog(c, trust, form, problem)));
      }
    })
    .post(`${trustsPath}/:id/delete`, async (c) => {
      const { id, name } = await trusts.get(c.get('caller'), trustId(c));
      await trusts.delete(c.get('caller'), id);
      return messages.redirect(c, trustsPath, 'trust-deleted', name);
    });

  async function page(c: AppContext, pageUrl: PageUrl, dialog: Child) {
    const { items, next_cursor } = await readPage(
      { cursor: pageUrl.query.cursor },
      (query) => trusts.list(c.get('caller'), query),
      (trust) => trust,
    );
    return <TrustsPage trusts={items} pageUrl={pageUrl} nextCursor={next_cursor} dialog={dialog} />;
  }

  async function trustPage(c: AppContext, trust: ListedTrust, dialog: Child) {
    const names = await trusts.appNames([trust]);
    const history = await historyOfTarget({ audit }, c, trust.id);
    const received = await tokens.list(c.get('caller'), {
      ...{ serviceAccount: trust.serviceAccount, exchanged: true, trustId: trust.id },
      ...{ limit: shownTokens, before: null },
    });
    const shown = { tokens: received, statusContext: statusContext(), history };
    return <TrustPage trust={trust} names={names} {...shown} dialog={dialog} />;
  }

  /** Returns the dialog that `?dialog=` names. Auditors and maintainers only read trusts, so they get none. */
  async function requestedDialog(c: AppContext, trust: ListedTrust): Promise<Child> {
    const name = c.get('caller').user.superuser ? c.req.query('dialog') : undefined;
    if (name === 'delete') return <DeleteTrustDialog trust={trust} />;
    return name === 'edit' && editDialog(c, trust, editTrustForm(trust, await trusts.appNames([trust])));
  }

  /** Returns the names that the forms offer. */
  async function offers(c: AppContext) {
    return { offeredAccounts: await serviceAccounts.offer(c.get('caller')), offeredApps: await apps.offer() };
  }

  async function editDialog(c: AppContext, trust: ListedTrust, form: EditTrustForm, problem?: ProblemError) {
    return <EditTrustDialog trust={trust} form={form} problem={problem} {...(await offers(c))} />;
  }

  async function createDialog(c: AppContext, pageUrl: PageUrl, form: TrustForm, problem?: ProblemError) {
    const closeHref = `${formatUrl(pageUrl)}#create`;
    return <CreateTrustDialog closeHref={closeHref} form={form} problem={problem} {...(await offers(c))} />;
  }
}

/** How many tokens the page of a trust shows. */
const shownTokens = 20;

const firstPage: PageUrl = { path: trustsPath, query: {} };

function trustId(c: AppContext): string {
  return idParamSchema.parse({ id: c.req.param('id') }).id;
}
