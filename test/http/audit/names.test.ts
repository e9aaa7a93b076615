import { expect, it, onTestFinished } from 'vitest';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  /** Returns the actions that a filter finds, newest first. */
  const found = async (query: string, as: Member = app.root) => {
    const { items } = await jsonOf<{ items: AuditEvent[] }>(app.ask(`/api/v1/audit?${query}`, { as }));
    return items.map(({ action }) => action);
  };
  return { ...app, found };
}

const failToSignIn = (app: TestApp, email: string) => app.ask('/api/v1/sessions', { json: { email, password: 'x' } });

async function createAccount(app: TestApp, name: string): Promise<string> {
  const { id } = await jsonOf<{ id: string }>(app.ask('/api/v1/service-accounts', { as: app.root, json: { name } }));
  return id;
}

it('finds what an actor did while they were not signed in, too', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'ci' });
  await failToSignIn(app, 'DEV@example.com');
  const both = ['session.failed', 'token.created'];
  expect(await app.found('actor=Dev@example.com')).toEqual(both);
  expect(await app.found('actor=dev@example.com&action=session.failed')).toEqual(['session.failed']);
  expect(await app.found(`actor=${app.dev.id}`)).toEqual(['token.created']);
  await failToSignIn(app, 'stranger@example.com');
  expect(await app.found('actor=stranger@example.com')).toEqual(['session.failed']);
});

it('finds what the daemon itself did', async () => {
  const app = await open();
  const { id } = await createToken(app, app.dev, { name: 'ci', expires_in: 60 });
  await failToSignIn(app, 'not an address');
  app.clock.advance(400 * 24 * 60 * 60 * 1000);
  const event = { kind: 'system', id: null, email: null } as const;
  const [created] = await app.store.audit.list({ limit: 1, before: null, target: { ids: [id] } });
  if (created === undefined) throw new Error('The creation is not in the log.');
  const { tokenOwnerEmail: _, actorName: _name, ...copy } = created;
  await app.store.audit.insert({
    ...copy,
    id: id.replace(/^......../, 'ffffffff'),
    action: 'token.revoked',
    actor: event,
  });
  const as = await app.addMember({ email: 'later@example.com', superuser: true });
  expect(await app.found('actor=system', as)).toEqual(['token.revoked']);
  expect(await app.found('actor=System', as)).toEqual(['token.revoked']);
  expect(await app.found(`actor=system&target=${id}`, as)).toEqual(['token.revoked']);
  expect(await app.found('actor=system&action=token.created', as)).toEqual([]);
});

it('finds a deleted service account and a former address by their names', async () => {
  const app = await open();
  const id = await createAccount(app, 'gone');
  await app.ask(`/api/v1/service-accounts/${id}`, { as: app.root, method: 'DELETE' });
  const ofAccount = ['service_account.deleted', 'service_account.created'];
  for (const filter of ['owner', 'user', 'target'])
    expect([filter, await app.found(`${filter}=service-account:gone`)]).toEqual([filter, ofAccount]);
  const { id: gina } = await jsonOf<{ id: string }>(
    app.ask('/api/v1/users', { as: app.root, json: { email: 'Gina@example.com', password: app.dev.password } }),
  );
  await app.ask(`/api/v1/users/${gina}`, { as: app.root, method: 'PATCH', json: { email: 'gina2@example.com' } });
  const ofGina = ['user.email_changed', 'user.created'];
  for (const filter of ['owner', 'user', 'target'])
    for (const address of ['Gina@example.com', 'gina2@example.com'])
      expect([filter, address, await app.found(`${filter}=${address}`)]).toEqual([filter, address, ofGina]);
});

it('finds both accounts if somebody else has the address by now', async () => {
  const app = await open();
  const rename = (id: string, email: string) =>
    app.ask(`/api/v1/users/${id}`, { as: app.root, method: 'PATCH', json: { email } });
  const { id } = await app.addMember({ email: 'shared@example.com' });
  await rename(id, 'first@example.com');
  await rename(id, 'shared@example.com');
  await rename(id, 'first@example.com');
  const second = await app.addMember({ email: 'second@example.com' });
  await rename(second.id, 'shared@example.com');
  for (const filter of ['owner', 'user']) expect(await app.found(`${filter}=shared@example.com`)).toHaveLength(4);
});

it('finds a target by the name that it has now or had, in upper or lower case', async () => {
  const app = await open();
  await createAccount(app, 'robot');
  await app.ask('/api/v1/apps', { as: app.root, json: { name: 'grafana', hosts: ['grafana.example.com'] } });
  const { id } = await createToken(app, app.dev, { name: 'Before' });
  await app.ask(`/api/v1/tokens/${id}`, { as: app.dev, method: 'PATCH', json: { name: 'renamed' } });
  expect(await app.found('target=robot')).toEqual(['service_account.created']);
  expect(await app.found('target=GRAFANA')).toEqual(['app.created']);
  for (const name of ['renamed', 'RENAMED', 'Before'])
    expect([name, await app.found(`target=${name}`)]).toEqual([name, ['token.changed', 'token.created']]);
  expect(await app.found('target=nothing')).toEqual([]);
});

it.each(['user', 'owner', 'actor'])('says that there is no such account, as %s', async (filter) => {
  const app = await open();
  for (const name of ['nobody@example.com', 'service-account:nobody']) {
    const response = await app.ask(`/api/v1/audit?${filter}=${name}`, { as: app.root });
    expect([response.status, await jsonOf(response)]).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringContaining('No member or service account has or had') }),
    ]);
  }
});

it.each(['owner', 'actor'])('does not tell a member whether an account exists, as %s', async (filter) => {
  const app = await open();
  for (const name of ['nobody@example.com', 'root@example.com'])
    expect(await app.found(`${filter}=${name}`, app.dev)).toEqual([]);
});
