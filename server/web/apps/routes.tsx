import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { idParamSchema } from '../../http/validate.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { AppDialog } from './app-dialog.tsx';
import { createAppBody, editAppBody, emptyAppForm, formOf, readAppForm } from './app-form.ts';
import { appsPath } from './app-paths.ts';
import { AppsPage } from './apps-page.tsx';
import { DeleteAppDialog } from './delete-app-dialog.tsx';

/** Routes of `/organization/apps`: all apps, for superusers and auditors. Only superusers change them. */
export function appPages({ apps, messages }: Pick<AppDeps, 'apps'> & MessageDeps) {
  return new Hono<AppEnv>()
    .get(appsPath, async (c) => {
      const pageUrl = readPageUrl(c);
      return c.render(await page(pageUrl, { dialog: await requestedDialog(c, pageUrl) }));
    })
    .post(appsPath, async (c) => {
      const form = readAppForm(await c.req.parseBody());
      try {
        const { name } = await apps.create(c.get('caller'), createAppBody(form));
        return messages.redirect(c, appsPath, 'app-registered', name);
      } catch (error) {
        const problem = expectProblem(error);
        const dialog = <AppDialog closeHref={`${appsPath}#add`} form={form} problem={problem} />;
        return renderProblem(c, problem, await page(firstPage, { dialog }));
      }
    })
    .post(`${appsPath}/:id/edit`, async (c) => {
      const app = await apps.get(appId(c));
      const form = readAppForm(await c.req.parseBody());
      try {
        const body = editAppBody(form);
        if (Object.keys(body).length > 0) await apps.edit(c.get('caller'), app.id, body);
        return messages.redirect(c, appsPath, 'app-changed', app.name);
      } catch (error) {
        const problem = expectProblem(error);
        const closeHref = `${appsPath}#edit-${app.id}`;
        const dialog = <AppDialog app={app} closeHref={closeHref} form={form} problem={problem} />;
        return renderProblem(c, problem, await page(firstPage, { dialog }));
      }
    })
    .post(`${appsPath}/:id/delete`, async (c) => {
      const { id, name } = await apps.get(appId(c));
      const force = text((await c.req.parseBody()).force) !== '';
      try {
        await apps.delete(c.get('caller'), id, { force });
        return messages.redirect(c, appsPath, 'app-deleted', name);
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code !== 'app-in-use') throw problem;
        // Tokens were restricted to the app after the dialog was shown. It now asks again.
        const dialog = await deleteDialog(c, id, firstPage);
        return renderProblem(c, problem, await page(firstPage, { dialog }));
      }
    });

  async function page(pageUrl: PageUrl, { dialog }: { dialog: Child }) {
    const { cursor, name } = pageUrl.query;
    const filter = { cursor, ...(name !== undefined && { name }) };
    const { items, next_cursor } = await readPage(filter, apps.list, (app) => app);
    return <AppsPage apps={items} pageUrl={pageUrl} nextCursor={next_cursor} dialog={dialog} />;
  }

  async function requestedDialog(c: AppContext, pageUrl: PageUrl): Promise<Child> {
    const { dialog, id = '' } = c.req.query();
    if (!c.get('caller').user.superuser) return null;
    if (dialog === 'add') return <AppDialog closeHref={`${formatUrl(pageUrl)}#add`} form={emptyAppForm} />;
    if (dialog === 'delete') return deleteDialog(c, idParamSchema.parse({ id }).id, pageUrl);
    if (dialog !== 'edit') return null;
    const app = await apps.get(idParamSchema.parse({ id }).id);
    return <AppDialog app={app} closeHref={`${formatUrl(pageUrl)}#edit-${app.id}`} form={formOf(app)} />;
  }

  async function deleteDialog(c: AppContext, id: string, pageUrl: PageUrl): Promise<Child> {
    const app = await apps.get(id);
    const tokens = await apps.countTokens(c.get('caller'), id);
    return <DeleteAppDialog app={app} closeHref={`${formatUrl(pageUrl)}#delete-${id}`} tokens={tokens} />;
  }
}

const firstPage: PageUrl = { path: appsPath, query: {} };

function readPageUrl(c: AppContext): PageUrl {
  return {
    path: appsPath,
    query: { name: c.req.query('name') || undefined, cursor: c.req.query('cursor') || undefined },
  };
}

function appId(c: AppContext): string {
  return idParamSchema.parse({ id: c.req.param('id') }).id;
}
