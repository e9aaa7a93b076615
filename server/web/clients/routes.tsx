import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { noPrecondition } from '../../domain/precondition.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { idParamSchema } from '../../http/validate.ts';
import type { ClientRecord } from '../../store/records.ts';
import { historyOfTarget } from '../audit/history/read-history.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { moreActionsId } from '../shell/object-heading.tsx';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { ClientDialog, DeleteClientDialog, RotateSecretDialog } from './client-dialogs.tsx';
import { createClientBody, editClientBody, emptyClientForm, formOf, readClientForm } from './client-form.ts';
import { ClientPage } from './client-page.tsx';
import { clientPath, clientsPath } from './client-paths.ts';
import { ClientSecretPage } from './client-secret-page.tsx';
import { ClientsPage } from './clients-page.tsx';

type ClientPagesDeps = Pick<AppDeps, 'clients' | 'audit' | 'clock'> & MessageDeps;

/** Routes of `/organization/clients`: OAuth clients, for superusers and auditors. Only superusers change them. */
export function clientPages({ clients, audit, clock, messages }: ClientPagesDeps) {
  const path = `${clientsPath}/:id` as const;
  return new Hono<AppEnv>()
    .get(clientsPath, async (c) => {
      const pageUrl = listUrl(c);
      const creates = c.get('caller').user.superuser && c.req.query('dialog') === 'create';
      const closeHref = `${formatUrl(pageUrl)}#create`;
      const dialog = creates ? <ClientDialog closeHref={closeHref} form={emptyClientForm} /> : null;
      return c.render(await list(c, pageUrl, dialog));
    })
    .post(clientsPath, async (c) => {
      const form = readClientForm(await c.req.parseBody());
      try {
        const { client, secret } = await clients.create(c.get('caller'), createClientBody(form));
        return c.render(<ClientSecretPage client={client} secret={secret.reveal()} />);
      } catch (error) {
        const problem = expectProblem(error);
        const dialog = <ClientDialog closeHref={`${clientsPath}#create`} form={form} problem={problem} />;
        return renderProblem(c, problem, await list(c, { path: clientsPath, query: {} }, dialog));
      }
    })
    .get(path, async (c) => {
      const client = await clients.get(c.get('caller'), idOf(c));
      return c.render(await page(c, client, requestedDialog(c, client)));
    })
    .post(`${path}/edit`, async (c) => {
      const client = await clients.get(c.get('caller'), idOf(c));
      const body = editClientBody(readClientForm(await c.req.parseBody()));
      if (body !== null) await clients.edit(c.get('caller'), client.id, body, noPrecondition);
      return messages.redirect(c, clientPath(client.id), 'client-changed', client.name);
    })
    .post(`${path}/rotate-secret`, async (c) => {
      const { client, secret } = await clients.rotate(c.get('caller'), idOf(c));
      return c.render(<ClientSecretPage client={client} secret={secret.reveal()} rotated />);
    })
    .post(`${path}/delete`, async (c) => {
      const { id, name } = await clients.get(c.get('caller'), idOf(c));
      await clients.delete(c.get('caller'), id);
      return messages.redirect(c, clientsPath, 'client-deleted', name);
    });

  async function list(c: AppContext, pageUrl: PageUrl, dialog: Child) {
    const read = (query: Parameters<typeof clients.list>[1]) => clients.list(c.get('caller'), query);
    const { items, next_cursor } = await readPage({ cursor: pageUrl.query.cursor }, read, (client) => client);
    const shown = { clients: items, nextCursor: next_cursor, now: clock.now() };
    return <ClientsPage {...shown} pageUrl={pageUrl} dialog={dialog} />;
  }

  async function page(c: AppContext, client: ClientRecord, dialog: Child) {
    const history = await historyOfTarget({ audit }, c, client.id);
    return <ClientPage client={client} history={history} now={clock.now()} dialog={dialog} />;
  }
}

/** Returns the dialog that `?dialog=` names. An auditor gets none. */
function requestedDialog(c: AppContext, client: ClientRecord): Child {
  if (!c.get('caller').user.superuser) return null;
  const name = c.req.query('dialog');
  const about = { client, closeHref: `${clientPath(client.id)}#${name === 'delete' ? moreActionsId : name}` };
  switch (name) {
    case 'edit':
      return <ClientDialog {...about} form={formOf(client)} />;
    case 'rotate-secret':
      return <RotateSecretDialog {...about} />;
    case 'delete':
      return <DeleteClientDialog {...about} />;
    default:
      return null;
  }
}

function listUrl(c: AppContext): PageUrl {
  return { path: clientsPath, query: { cursor: c.req.query('cursor') || undefined } };
}

function idOf(c: AppContext): string {
  return idParamSchema.parse({ id: c.req.param('id') }).id;
}
