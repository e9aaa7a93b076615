import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { idParamSchema } from '../../http/validate.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { successMessage, withSuccess } from '../shell/success-message.ts';
import { CreateTrustDialog } from './create-trust-dialog.tsx';
import { emptyTrustForm, readTrustForm, type TrustForm, trustBody } from './trust-form.ts';
import { DeleteTrustDialog, TrustPage } from './trust-page.tsx';
import { trustPath, trustsPath } from './trust-paths.ts';
import { TrustsPage } from './trusts-page.tsx';

/** Routes of `/organization/trusts`: all trusts, for superusers. */
export function trustPages({ trusts, apps, clock }: Pick<AppDeps, 'trusts' | 'apps' | 'clock'>) {
  return new Hono<AppEnv>()
    .get(trustsPath, async (c) => {
      const pageUrl = { path: trustsPath, query: { cursor: c.req.query('cursor') || undefined } };
      const { dialog, service_account: account = '' } = c.req.query();
      return c.render(
        await page(c, pageUrl, dialog === 'create' && (await createDialog(pageUrl, emptyTrustForm(account)))),
      );
    })
    .post(trustsPath, async (c) => {
      const form = readTrustForm(await c.req.parseBody());
      try {
        const { id } = await trusts.create(c.get('caller'), trustBody(form));
        return c.redirect(withSuccess(trustPath(id), 'trust-created'), 303);
      } catch (error) {
        const problem = expectProblem(error);
        return renderProblem(c, problem, await page(c, firstPage, await createDialog(firstPage, form, problem)));
      }
    })
    .get(`${trustsPath}/:id`, async (c) => {
      const trust = await trusts.get(c.get('caller'), trustId(c));
      const dialog = c.req.query('dialog') === 'delete' && <DeleteTrustDialog trust={trust} />;
      const names = await trusts.appNames([trust]);
      const success = successMessage(c.req.query('done'));
      return c.render(<TrustPage trust={trust} names={names} now={clock.now()} success={success} dialog={dialog} />);
    })
    .post(`${trustsPath}/:id/delete`, async (c) => {
      await trusts.delete(c.get('caller'), trustId(c));
      return c.redirect(withSuccess(trustsPath, 'trust-deleted'), 303);
    });

  async function page(c: AppContext, pageUrl: PageUrl, dialog: Child) {
    const { items, next_cursor } = await readPage(
      { cursor: pageUrl.query.cursor },
      (query) => trusts.list(c.get('caller'), query),
      (trust) => trust,
    );
    const success = successMessage(c.req.query('done'));
    return <TrustsPage trusts={items} pageUrl={pageUrl} nextCursor={next_cursor} success={success} dialog={dialog} />;
  }

  async function createDialog(pageUrl: PageUrl, form: TrustForm, problem?: ProblemError): Promise<Child> {
    const closeHref = `${formatUrl(pageUrl)}#create`;
    return <CreateTrustDialog closeHref={closeHref} form={form} offeredApps={await apps.offer()} problem={problem} />;
  }
}

const firstPage: PageUrl = { path: trustsPath, query: {} };

function trustId(c: AppContext): string {
  return idParamSchema.parse({ id: c.req.param('id') }).id;
}
