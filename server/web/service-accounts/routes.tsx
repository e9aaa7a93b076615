import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { readsEverything } from '../../domain/caller.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { CreateServiceAccountDialog } from './create-service-account-dialog.tsx';
import { emptyNewAccountForm, newAccountBody, readNewAccountForm } from './service-account-form.ts';
import { serviceAccountPath, serviceAccountsPath } from './service-account-paths.ts';
import { ServiceAccountsPage } from './service-accounts-page.tsx';

type ServiceAccountPagesDeps = Pick<AppDeps, 'serviceAccounts' | 'clock'> & MessageDeps;

/** Routes of `/organization/service-accounts`: all of them for superusers and auditors, and those that a member maintains. */
export function serviceAccountPages({ serviceAccounts, clock, messages }: ServiceAccountPagesDeps) {
  return new Hono<AppEnv>()
    .get(serviceAccountsPath, async (c) => {
      const { user } = c.get('caller');
      if (!readsEverything(c.get('caller')) && !c.get('maintains')) return c.notFound();
      const pageUrl = readPageUrl(c);
      const closeHref = `${formatUrl(pageUrl)}#create`;
      const dialog = user.superuser && c.req.query('dialog') === 'create' && (
        <CreateServiceAccountDialog closeHref={closeHref} form={emptyNewAccountForm(user.email)} />
      );
      return c.render(await page(c, pageUrl, dialog));
    })
    .post(serviceAccountsPath, async (c) => {
      const form = readNewAccountForm(await c.req.parseBody());
      try {
        const { id, name } = await serviceAccounts.create(c.get('caller'), newAccountBody(form));
        return messages.redirect(c, serviceAccountPath(id), 'service-account-created', name);
      } catch (error) {
        const problem = expectProblem(error);
        const closeHref = `${serviceAccountsPath}#create`;
        const dialog = <CreateServiceAccountDialog closeHref={closeHref} form={form} problem={problem} />;
        return renderProblem(c, problem, await page(c, { path: serviceAccountsPath, query: {} }, dialog));
      }
    });

  async function page(c: AppContext, pageUrl: PageUrl, dialog: Child) {
    const { cursor, orphaned } = pageUrl.query;
    const { items, next_cursor } = await readPage(
      { cursor, ...(orphaned !== undefined && { orphaned: true as const }) },
      (query) => serviceAccounts.list(c.get('caller'), query),
      (account) => account,
    );
    return (
      <ServiceAccountsPage
        now={clock.now()}
        accounts={items}
        pageUrl={pageUrl}
        nextCursor={next_cursor}
        dialog={dialog}
      />
    );
  }
}

function readPageUrl(c: AppContext): PageUrl {
  const { cursor, orphaned } = c.req.query();
  const query = { orphaned: orphaned === 'true' ? orphaned : undefined, cursor: cursor || undefined };
  return { path: serviceAccountsPath, query };
}
