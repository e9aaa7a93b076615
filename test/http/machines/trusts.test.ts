import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Trust } from '../../../shared/schemas/trusts.ts';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { addServiceAccount } from '../../store/contract/accounts/service-accounts.ts';
import { addToken, firstPage } from '../../store/contract/records.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
  await addServiceAccount(app.store, 'ci');
});
afterEach(() => app.close());

const path = '/api/v1/trusts';
const post = (json: object) => app.ask(path, { as: app.root, json });
const patch = (id: string, json: object) => app.ask(`${path}/${id}`, { method: 'PATCH', as: app.root, json });
const remove = (id: string) => app.ask(`${path}/${id}`, { method: 'DELETE', as: app.root });
const read = async <T = Trust>(rest = ''): Promise<T> => jsonOf(await app.ask(`${path}${rest}`, { as: app.root }));

const body = {
  name: 'deploy',
  service_account: 'ci',
  issuer: 'https://issuer.example.com',
  claims: { sub: 'repo:acme/api:*' },
};

async function create(changes: object = {}): Promise<Trust> {
  const response = await post({ ...body, ...changes });
  expect([response.status, changes]).toEqual([201, changes]);
  return jsonOf(response);
}

/** Returns the status and the pointers of the errors. */
async function refusal(response: Response) {
  const { errors = [], code } = await jsonOf<{ code: string; errors?: Array<{ pointer: string }> }>(response);
  return { status: response.status, code, pointers: errors.map(({ pointer }) => pointer) };
}

const events = async (action: string) =>
  (await app.store.audit.list({ ...firstPage })).filter((event) => event.action === action);

describe('a trust', () => {
  it('is returned as it was created, with defaults for what was left out', async () => {
    await app.ask('/api/v1/apps', { as: app.root, json: { name: 'builds' } });
    const plain = await create();
    expect(plain).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ...body,
      audience: null,
      apps: null,
      read_only: false,
      allow: null,
      ttl: 900,
      created_at: new Date(app.clock.now()).toISOString(),
    });
    const rules = { apps: ['builds'], read_only: true, allow: ['GET /api/**'] };
    const full = await create({ name: 'full', audience: 'tokens', ...rules, ttl: 3600 });
    expect(full).toMatchObject({ audience: 'tokens', ...rules, ttl: 3600 });
    expect(await read(`/${full.id}`)).toEqual(full);
    expect(await read('')).toEqual({ items: [full, plain], next_cursor: null });
    expect(await read('?name=full')).toEqual({ items: [full], next_cursor: null });
    expect(await read('?name=none')).toEqual({ items: [], next_cursor: null });
  });

  it('has a name of up to 48 lowercase letters, digits and hyphens that no other trust has', async () => {
    for (const name of ['a', '0-', 'a'.repeat(48)]) await create({ name });
    for (const name of ['', 'A', '-a', 'a'.repeat(49), 'a b', 'a/b', 5, null]) {
      expect([name, await refusal(await post({ ...body, name }))]).toMatchObject([name, { status: 400 }]);
    }
    expect(await refusal(await post({ ...body, name: 'a' }))).toEqual({
      status: 409,
      code: 'name-taken',
      pointers: ['/name'],
    });
  });

  it('has claims that are exact texts, or end in a star after a slash or a colon', async () => {
    const good = ['x', 'repo:acme/api:*', 'acme/*', ':*', '/*', 'refs/heads/main'];
    for (const [index, value] of good.entries()) {
      const { claims } = await create({ name: `t-${index}`, claims: { sub: value, 'https://e.example/x': 'y' } });
      expect(claims).toEqual({ sub: value, 'https://e.example/x': 'y' });
    }
    const bad = ['', '*', 'repo*', 'repo:*:main', '*/x', 'repo:acme/**', 'a/*b', 'a/* ', 'a\nb', 'x'.repeat(513), 5];
    for (const value of bad) {
      const refused = await refusal(await post({ ...body, claims: { sub: value } }));
      expect([value, refused]).toMatchObject([value, { status: 400, code: 'invalid-fields' }]);
    }
  });

  it('names at least one claim besides issuer and audience, and none that every token has anew', async () => {
    const names = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', '', ' sub', '__proto__', 'a b'];
    const bad: unknown[] = [{}, null, [], 'sub', ...names.map((name) => ({ [name]: 'x' }))];
    bad.push(Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`claim${index}`, 'x'])));
    for (const claims of bad) {
      const response = await app.ask(path, { as: app.root, body: JSON.stringify({ ...body, claims }), headers: json });
      expect([claims, response.status]).toEqual([claims, 400]);
    }
    const proto = '{"name":"p","service_account":"ci","issuer":"https://i.example","claims":{"__proto__":"x"}}';
    expect((await app.ask(path, { as: app.root, body: proto, headers: json })).status).toBe(400);
  });

  it('has an issuer with https, or one on this machine', async () => {
    const good = [
      'https://gitlab.com',
      'https://gitlab.com/',
      'https://ghes.example.com/_services/token',
      'https://kubernetes.default.svc.cluster.local',
      'http://127.0.0.1:8080',
      'http://localhost/x',
      'http://[::1]:1',
    ];
    for (const [index, issuer] of good.entries()) {
      expect((await create({ name: `i-${index}`, issuer })).issuer).toBe(issuer);
    }
    const bad = ['', 'gitlab.com', 'http://gitlab.com', 'ftp://x', 'https://', 'https://a@b.example', 'https://x/?y'];
    for (const issuer of [...bad, 'https://x#y', 'https://x y', 'javascript:1', 'http://127.0.0.1.evil.example', 5]) {
      expect([issuer, (await post({ ...body, issuer })).status]).toEqual([issuer, 400]);
    }
  });

  it('lets tokens live for 1 to 60 minutes', async () => {
    for (const ttl of [60, 3600]) expect((await create({ name: `t-${ttl}`, ttl })).ttl).toBe(ttl);
    for (const ttl of [0, 59, 3601, -60, 90.5, '900', null]) {
      expect([ttl, (await post({ ...body, ttl })).status]).toEqual([ttl, 400]);
    }
  });

  it('is for a service account and apps that exist', async () => {
    for (const name of ['none', 'dev@example.com', 'service-account:ci', '']) {
      const refused = await refusal(await post({ ...body, service_account: name }));
      expect([name, refused]).toMatchObject([name, { status: 400, pointers: ['/service_account'] }]);
    }
    expect(await refusal(await post({ ...body, apps: ['none'] }))).toMatchObject({
      status: 400,
      pointers: ['/apps/0'],
    });
    expect((await post({ ...body, allow: ['no line'] })).status).toBe(400);
    expect((await post({ ...body, networks: ['10.0.0.0/8'] })).status).toBe(400);
    expect(await read('')).toEqual({ items: [], next_cursor: null });
  });

  it('changes field by field, and an edit that changes nothing leaves no event', async () => {
    await addServiceAccount(app.store, 'other');
    let expected = await create();
    const steps = [
      { audience: 'tokens' },
      { issuer: 'https://new.example.com' },
      { claims: { environment: 'production' } },
      { read_only: true },
      { allow: ['GET /x'] },
      { ttl: 60 },
      { service_account: 'other' },
      { audience: null, allow: null, read_only: false },
    ];
    for (const step of steps) {
      expected = { ...expected, ...step } as Trust;
      const response = await patch(expected.id, step);
      expect([response.status, await jsonOf(response)]).toEqual([200, expected]);
      expect((await patch(expected.id, step)).status).toBe(200);
    }
    expect(await read(`/${expected.id}`)).toEqual(expected);
    expect(await events('trust.changed')).toHaveLength(steps.length);
    expect((await patch(expected.id, {})).status).toBe(400);
    expect((await patch(expected.id, { name: 'x' })).status).toBe(400);
    expect((await patch('019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b', { ttl: 60 })).status).toBe(404);
  });

  it('is audited with what changed', async () => {
    const { id } = await create();
    await patch(id, { claims: { sub: 'x', ref: 'refs/heads/main' }, ttl: 60 });
    await remove(id);
    const [deleted, changed, created] = await app.store.audit.list(firstPage);
    const target = { kind: 'trust', id, name: 'deploy' };
    expect(created).toMatchObject({ action: 'trust.created', target, actor: { email: 'root@example.com' } });
    expect(changed).toMatchObject({
      action: 'trust.changed',
      target,
      changes: [
        { field: 'claims', from: 'sub=repo:acme/api:*', to: 'ref=refs/heads/main\nsub=x' },
        { field: 'ttl', from: '900', to: '60' },
      ],
    });
    expect(deleted).toMatchObject({ action: 'trust.deleted', target });
  });

  it('takes its tokens with it when it is deleted, without a mail about them', async () => {
    const [gone, kept] = [await create(), await create({ name: 'kept' })];
    const account = await app.store.serviceAccounts.findByName('ci');
    const add = (trustId: string | null) => addToken(app.store, account?.id ?? '', { trustId });
    const [first, second, plain, other] = [await add(gone.id), await add(gone.id), await add(null), await add(kept.id)];
    expect((await remove(gone.id)).status).toBe(204);
    expect((await remove(gone.id)).status).toBe(404);
    const left = await Promise.all([first, second, plain, other].map(({ id }) => app.store.tokens.findById(id)));
    expect(left.map((token) => token?.id)).toEqual([undefined, undefined, plain.id, other.id]);
    const [match] = await app.store.tokens.findByHashes([first.hash]);
    expect(match).toMatchObject({ kind: 'tombstone', reason: 'revoked' });
    expect((await events('token.revoked')).map(({ target }) => target.id).sort()).toEqual([first.id, second.id].sort());
    expect(await subjects()).toEqual(
      ['deploy', 'kept'].map((name) => `Trust "${name}" was created`).concat('Trust "deploy" was deleted'),
    );
  });

  it('gives up its tokens when it is given to another service account, and at no other change', async () => {
    await addServiceAccount(app.store, 'other');
    const trust = await create();
    const account = await app.store.serviceAccounts.findByName('ci');
    const token = await addToken(app.store, account?.id ?? '', { trustId: trust.id });
    await patch(trust.id, { claims: { sub: 'x' } });
    expect(await app.store.tokens.findById(token.id)).not.toBeNull();
    await patch(trust.id, { service_account: 'other' });
    expect(await app.store.tokens.findById(token.id)).toBeNull();
  });
});

const subjects = async () => (await app.mails()).map(({ subject }) => subject);

describe('the mails about a trust', () => {
  const trustMails = async () => (await app.mails()).filter(({ subject }) => subject.startsWith('Trust '));
  const lastMails = async (from: number) =>
    (await trustMails()).slice(from).map(({ to, subject }) => `${to}: ${subject}`);
  const toAll = (subject: string, ...addresses: string[]) => addresses.map((to) => `${to}: Trust "deploy" ${subject}`);
  const [root, ada, bob] = ['root@example.com', 'ada@example.com', 'bob@example.com'];

  /** Makes these members maintain a service account, besides a superuser, who gets one mail all the same. */
  async function addMaintainer(account: string, email: string): Promise<void> {
    const json = { add_maintainers: [(await app.addMember({ email })).email, root] };
    const id = (await app.store.serviceAccounts.findByName(account))?.id;
    const response = await app.ask(`/api/v1/service-accounts/${id}`, { method: 'PATCH', as: app.root, json });
    expect(response.status).toBe(200);
  }

  it('go to all superusers and the maintainers of the service account, once each', async () => {
    await addMaintainer('ci', ada);
    const { id } = await create();
    expect((await lastMails(0)).sort()).toEqual(toAll('was created', ada, root));
    await patch(id, { audience: 'tokens' });
    expect((await lastMails(2)).sort()).toEqual(toAll('was changed', ada, root));
    await remove(id);
    expect((await lastMails(4)).sort()).toEqual(toAll('was deleted', ada, root));
  });

  it('go to the maintainers of both service accounts if the trust is given to another one', async () => {
    await addServiceAccount(app.store, 'other');
    await addMaintainer('ci', ada);
    await addMaintainer('other', bob);
    const { id } = await create();
    await patch(id, { service_account: 'other' });
    expect((await lastMails(2)).sort()).toEqual(toAll('was changed', ada, bob, root));
    const text = (await app.mails()).at(-1)?.text;
    for (const line of [/^ +Service account +other$/m, /^ +Former service account +ci$/m]) expect(text).toMatch(line);
  });

  it('are sent for every change of what it accepts and gives', async () => {
    const { id } = await create();
    const steps = [
      { issuer: 'https://b.example.com' },
      { audience: 'a' },
      { claims: { sub: 'x' } },
      { read_only: true },
    ];
    for (const [index, step] of [...steps, { allow: ['GET /x'] }, { apps: [] }, { ttl: 60 }].entries()) {
      await patch(id, step);
      expect([step, await lastMails(index + 1)]).toEqual([step, toAll('was changed', root)]);
    }
    const text = (await app.mails()).at(-1)?.text;
    for (const line of [/^ +Changed +lifetime of tokens$/m, /^ +Lifetime of tokens +1 minute$/m])
      expect(text).toMatch(line);
    await patch(id, { audience: 'a', ttl: 60 });
    expect(await lastMails(8)).toEqual([]);
  });

  it('say what the trust accepts, who did it and from where', async () => {
    await create({ audience: 'tokens', allow: ['GET /api/**'], claims: { sub: 'repo:acme/api:*', ref: 'main' } });
    const [mail] = await app.mails();
    const facts = [
      'https[:]//issuer[.]example[.]com',
      'ref=main; sub=repo:acme/api:*',
      'GET /api/**',
      'root@example.com',
    ];
    for (const text of [...facts, '203.0.113.9', 'User agent', 'tokens trusts delete deploy'])
      expect(mail?.text).toContain(text);
  });

  it('are not sent for each trust when its service account is deleted', async () => {
    await create();
    await create({ name: 'second' });
    const account = await app.store.serviceAccounts.findByName('ci');
    await app.ask(`/api/v1/service-accounts/${account?.id}`, { method: 'DELETE', as: app.root });
    expect(await events('trust.deleted')).toHaveLength(2);
    expect((await subjects()).filter((subject) => subject.includes('deleted'))).toEqual([
      expect.stringContaining('ervice account'),
    ]);
  });
});

const json = { 'Content-Type': 'application/json' };
