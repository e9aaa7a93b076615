import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { idParamSchema } from '../../http/validate.ts';
import type { AppRecord } from '../../store/records.ts';
import { historyOfTarget } from '../audit/history/read-history.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { AppDialog } from './app-dialog.tsx';
import { createAppBody, editAppBody, emptyAppForm, formOf, readAppForm } from './app-form.ts';
import { AppPage } from './app-page.tsx';
import { appPath, appsPath } from './app-paths.ts';
import { AppsPage } from './apps-page.tsx';
import { DeleteAppDialog } from './delete-app-dialog.tsx';

type AppPagesDeps = Pick<AppDeps, 'apps' | 'tokens' | 'audit' | 'statusContext'> & MessageDeps;

/** How many tokens the page of an app shows. */
const shownTokens = 50;

/** Routes of `/organization/apps`: all apps, and a page for each, for superusers and auditors. Only superusers change them. */
export function appPages({ apps, tokens, audit, statusContext, messages }: AppPagesDeps) {
  return new Hono<AppEnv>()
    .get(appsPath, async (c) => {
      const pageUrl = readPageUrl(c);
      const adds = c.get('caller').user.superuser && c.req.query('dialog') === 'add';
      const dialog = adds ? <AppDialog closeHref={`${formatUrl(pageUrl)}#add`} form={emptyAppForm} /> : null;
      return c.render(await list(pageUrl, dialog));
    })
    .post(appsPath, async (c) => {
      const form = readAppForm(await c.req.parseBody());
      try {
        const { name } = await apps.create(c.get('caller'), createAppBody(form));
        return messages.redirect(c, appsPath, 'app-registered', name);
      } catch (error) {
        const problem = expectProblem(error);
        const dialog = <AppDialog closeHref={`${appsPath}#add`} form={form} problem={problem} />;
        return renderProblem(c, problem, await list(firstPage, dialog));
      }
    })
    .get(`${appsPath}/:id`, async (c) => {
      const app = await apps.get(appId(c));
      return c.render(await page(c, app, await requestedDialog(c, app)));
    })
    .post(`${appsPath}/:id/edit`, async (c) => {
      const app = await apps.get(appId(c));
      const form = readAppForm(await c.req.parseBody());
      try {
        const body = editAppBody(form);
        if (Object.keys(body).length > 0) await apps.edit(c.get('caller'), app.id, body);
        return messages.redirect(c, appPath(app.id), 'app-changed', app.name);
      } catch (error) {
        const problem = expectProblem(error);
        const dialog = <AppDialog app={app} closeHref={`${appPath(app.id)}#edit`} form={form} problem={problem} />;
        return renderProblem(c, problem, await page(c, app, dialog));
      }
    })
    .post(`${appsPath}/:id/delete`, async (c) => {
      const app = await apps.get(appId(c));
      const force = text((await c.req.parseBody()).force) !== '';
      try {
        await apps.delete(c.get('caller'), app.id, { force });
        return messages.redirect(c, appsPath, 'app-deleted', app.name);
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code !== 'app-in-use') throw problem;
        // Tokens were restricted to the app after the dialog was shown. It now asks again.
        return renderProblem(c, problem, await page(c, app, await deleteDialog(c, app)));
      }
    });

  async function list(pageUrl: PageUrl, dialog: Child) {
    const { cursor, name } = pageUrl.query;
    const filter = { cursor, ...(name !== undefined && { name }) };
    const { items, next_cursor } = await readPage(filter, apps.list, (app) => app);
    return <AppsPage apps={items} pageUrl={pageUrl} nextCursor={next_cursor} dialog={dialog} />;
  }

  async function page(c: AppContext, app: AppRecord, dialog: Child) {
    const query = { all: true, app: app.name, limit: shownTokens + 1, before: null };
    const found = await tokens.list(c.get('caller'), query);
    const shown = found.slice(0, shownTokens);
    return (
      <AppPage
        app={app}
        tokens={shown}
        more={found.length > shownTokens}
        names={await tokens.appNames(shown)}
        statusContext={statusContext()}
        history={await historyOfTarget({ audit }, c, app.id)}
        dialog={dialog}
      />
    );
  }

  /** Returns the dialog that `?dialog=` names. An auditor gets none. */
  async function requestedDialog(c: AppContext, app: AppRecord): Promise<Child> {
    const name = c.get('caller').user.superuser ? c.req.query('dialog') : undefined;
    if (name === 'delete') return deleteDialog(c, app);
    if (name !== 'edit') return null;
    return <AppDialog app={app} closeHref={`${appPath(app.id)}#edit`} form={formOf(app)} />;
  }

  async function deleteDialog(c: AppContext, app: AppRecord): Promise<Child> {
    const count = await apps.countTokens(c.get('caller'), app.id);
    return <DeleteAppDialog app={app} closeHref={`${appPath(app.id)}#delete`} tokens={count} />;
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
