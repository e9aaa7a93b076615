import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import type { CreatedToken, Token } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf, type Member, openTestApp, verdict } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { useOf } from '../../store/contract/records.ts';

let app: Awaited<ReturnType<typeof openTestApp>>;
let ada: Member;
beforeEach(async () => {
  app = await openTestApp();
  ada = await app.addMember({ email: 'ada@example.com', can_manage_tokens: true });
});
afterEach(() => app.close());

const path = (id: string) => `/api/v1/tokens/${id}/transfer`;
const transfer = (id: string, json: object, as: Member) => app.ask(path(id), { as, json });
const codeOf = async (response: Response) => [response.status, (await jsonOf<{ code: string }>(response)).code];
const identityOf = async (value: string) => {
  const response = await app.ask('/api/v1/token', { headers: { Authorization: `Token ${value}` } });
  const { name, owner, owner_kind } = await jsonOf<Token>(response);
  return { status: response.status, name, owner, owner_kind };
};
const names = async (query: string, as = app.root) =>
  (await jsonOf<{ items: Token[] }>(app.ask(`/api/v1/tokens${query}`, { as }))).items.map(({ name }) => name);

/** Sends nothing before, so that only the mails of the next step count. */
async function mailsOf(step: () => Promise<unknown>) {
  const before = (await app.mails()).length;
  await step();
  return (await app.mails())
    .slice(before)
    .map(({ to, subject, text }) => ({ to, subject, text: text.replaceAll(/\s+/g, ' ') }));
}

describe('a transfer by the owner', () => {
  let token: CreatedToken;
  beforeEach(async () => {
    await createServiceAccount(app, 'ci', { maintainers: [ada, app.dev], groups: ['deployers'] });
    token = await createToken(app, ada, {
      ...{ name: 'deploy', description: 'Deploys', expires_in: 86_400, self_rotate: true },
      ...{ allow: ['GET /builds/*'], networks: ['203.0.113.0/24'], quiet_networks: true },
    });
  });

  it('gives the service account the token, whose value keeps working with another identity', async () => {
    await app.store.tokens.recordUses([useOf(token.id, { at: app.clock.now() })]);
    const before = await jsonOf<Token>(app.ask(`/api/v1/tokens/${token.id}`, { as: ada }));
    const response = await transfer(token.id, { to: 'ci' }, ada);
    expect(response.status).toBe(200);
    const moved = { owner: 'service-account:ci', owner_kind: 'service-account', self_rotate: false };
    expect(await jsonOf(response)).toEqual({ ...before, ...moved });
    expect(before).toMatchObject({ self_rotate: true, last_used: { path: '/builds/42' }, quiet_networks: true });
    expect(await identityOf(token.token)).toEqual({
      ...{ status: 200, name: 'deploy', owner: 'service-account:ci', owner_kind: 'service-account' },
    });
    expect(await names('', ada)).toEqual([]);
    expect(await names('?service_account=ci', app.dev)).toEqual(['deploy']);
  });

  it('is audited with both owners and what else changed', async () => {
    await transfer(token.id, { to: 'ci', name: 'Deploy builds' }, ada);
    for (const as of [app.root, ada]) {
      const query = `action=token.transferred${as === ada ? '' : `&user=${ada.id}`}`;
      const { items } = await jsonOf<{ items: AuditEvent[] }>(app.ask(`/api/v1/audit?${query}`, { as }));
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({
        action: 'token.transferred',
        actor: { kind: 'user', email: 'ada@example.com' },
        target: { kind: 'token', id: token.id, name: 'deploy', owner: 'ada@example.com' },
        changes: [
          { field: 'owner', from: 'ada@example.com', to: 'service-account:ci' },
          { field: 'name', from: 'deploy', to: 'Deploy builds' },
          { field: 'self_rotate', from: true, to: false },
        ],
      });
    }
    const { items } = await jsonOf<{ items: AuditEvent[] }>(
      app.ask('/api/v1/audit?action=token.transferred', { as: app.dev }),
    );
    expect(items).toEqual([]);
  });

  it('is audited without the address of a member who was deleted since', async () => {
    await transfer(token.id, { to: 'ci' }, ada);
    expect((await app.ask(`/api/v1/users/${ada.id}`, { method: 'DELETE', as: app.root })).status).toBe(204);
    const { items } = await jsonOf<{ items: AuditEvent[] }>(
      app.ask('/api/v1/audit?action=token.transferred', { as: app.root }),
    );
    expect(items[0]?.changes?.[0]).toEqual({ field: 'owner', from: `deleted-${ada.id}`, to: 'service-account:ci' });
    expect(JSON.stringify(items)).not.toContain(ada.email);
  });

  it('mails each member on both sides once, without the value', async () => {
    const mails = await mailsOf(() => transfer(token.id, { to: 'ci' }, ada));
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      ['ada@example.com', 'Service account "ci" received API token "deploy"'],
      ['dev@example.com', 'Service account "ci" received API token "deploy"'],
    ]);
    const [own, received] = mails;
    expect(own?.text).toContain('An API token of yours now belongs to the service account ci. You know its value, so');
    expect(own?.text).toContain('tokens rotate deploy --service-account ci');
    expect(own?.text).toContain('you (ada@example.com)');
    expect(own?.text).toContain('Change your password');
    expect(received?.text).toContain('An API token of ada@example.com now belongs to the service account ci');
    expect(received?.text).toContain('tokens rotate deploy --service-account ci');
    for (const { text } of mails) expect(text).not.toContain(token.token);
  });

  it('tells the former owner by the old name, since another of their tokens may have the new one', async () => {
    await createServiceAccount(app, 'release', { maintainers: [app.dev] });
    const mails = await mailsOf(() => transfer(token.id, { to: 'release', name: 'publish' }, app.root));
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      ['ada@example.com', 'API token "deploy" was transferred'],
      ['dev@example.com', 'Service account "release" received API token "publish"'],
    ]);
    expect(mails[0]?.text).not.toContain('publish');
    expect(mails[1]?.text).toContain('Former name deploy');
  });

  it('ends every right of the former owner, whose idempotency keys show nothing of the token', async () => {
    const headers = { 'Idempotency-Key': 'again' };
    const json = { name: 'replayed' };
    const created = await jsonOf<CreatedToken>(app.ask('/api/v1/tokens', { as: ada, headers, json }));
    await app.ask('/api/v1/service-accounts', { as: app.root });
    for (const { id } of [token, created]) expect((await transfer(id, { to: 'ci' }, ada)).status).toBe(200);
    const { items } = await jsonOf<{ items: Array<{ id: string }> }>(
      app.ask('/api/v1/service-accounts?name=ci', { as: app.root }),
    );
    const remove = { remove_maintainers: [ada.email] };
    const account = `/api/v1/service-accounts/${items[0]?.id}`;
    expect((await app.ask(account, { method: 'PATCH', as: app.root, json: remove })).status).toBe(200);
    const own = `/api/v1/tokens/${token.id}`;
    for (const [route, method, body] of [
      [own, 'GET', undefined],
      [own, 'DELETE', undefined],
      [own, 'PATCH', { self_rotate: true }],
      [`${own}/usage`, 'GET', undefined],
      [`${own}/rotate`, 'POST', {}],
      [`${own}/pause`, 'POST', {}],
      [`${own}/resume`, 'POST', {}],
      [`${own}/transfer`, 'POST', { to: 'ci' }],
      [`${own}/previous`, 'DELETE', undefined],
    ] as const) {
      const response = await app.ask(route, { method, as: ada, ...(body && { json: body }) });
      expect(await codeOf(response), `${method} ${route}`).toEqual([404, 'token-not-found']);
    }
    const itself = { headers: { Authorization: `Token ${token.token}` } };
    expect(await codeOf(await app.ask('/api/v1/token/rotate', { ...itself, json: {} }))).toEqual([
      403,
      'self-rotate-off',
    ]);
    const replay = await app.ask('/api/v1/tokens', { as: ada, headers, json });
    expect(await codeOf(replay)).toEqual([404, 'token-not-found']);
  });

  it('leaves a pause as it is, also that of a superuser', async () => {
    const pause = (as: Member) => app.ask(`/api/v1/tokens/${token.id}/pause`, { as, json: { reason: 'Freeze' } });
    const paused = await jsonOf<Token>(pause(app.root));
    expect((await transfer(token.id, { to: 'ci' }, ada)).status).toBe(200);
    expect(await verdict(app, token.token)).toBe('paused');
    const { status, paused: now } = await jsonOf<Token>(app.ask(`/api/v1/tokens/${token.id}`, { as: app.dev }));
    expect([status, now]).toEqual(['paused', paused.paused]);
    const resume = (as: Member) => app.ask(`/api/v1/tokens/${token.id}/resume`, { method: 'POST', as });
    expect(await codeOf(await resume(app.dev))).toEqual([403, 'paused-by-superuser']);
    expect((await resume(app.root)).status).toBe(200);
    expect(await verdict(app, token.token)).toBe(200);
  });

  it('leaves the previous value of a rotation as it is', async () => {
    await app.ask(`/api/v1/tokens/${token.id}/rotate`, { as: ada, json: { overlap: 60 } });
    await transfer(token.id, { to: 'ci' }, ada);
    expect(await verdict(app, token.token)).toBe(200);
    app.clock.advance(61_000);
    expect(await verdict(app, token.token)).toBe('rotated');
  });

  it('needs another name if the service account has it, and takes that of an expired token', async () => {
    const expiring = await createAccountToken(app, app.dev, 'ci', { name: 'DEPLOY', expires_in: 60 });
    expect(await codeOf(await transfer(token.id, { to: 'ci' }, ada))).toEqual([409, 'name-taken']);
    expect(await identityOf(token.token)).toMatchObject({ owner: 'ada@example.com' });
    app.clock.advance(60_000);
    expect((await transfer(token.id, { to: 'ci' }, ada)).status).toBe(200);
    expect(await verdict(app, expiring.token)).toBe('expired');
    const other = await createToken(app, ada, { name: 'deploy' });
    expect(await codeOf(await transfer(other.id, { to: 'ci' }, ada))).toEqual([409, 'name-taken']);
    expect((await transfer(other.id, { to: 'ci', name: 'deploy of ada' }, ada)).status).toBe(200);
    expect(await names('?service_account=ci')).toEqual(['deploy of ada', 'deploy']);
    // The name is free again for its former owner.
    await createToken(app, ada, { name: 'deploy' });
  });

  it.each([
    ['no name of a service account', { to: 'CI' }],
    ['a name that looks like a prefix', { to: 'ci', name: 'tok_12345678' }],
    ['an empty name', { to: 'ci', name: ' ' }],
    ['no service account', {}],
    ['an unknown field', { to: 'ci', expires_in: null }],
  ])('rejects %s', async (_what, json) => {
    expect(await codeOf(await transfer(token.id, json, ada))).toEqual([400, 'invalid-fields']);
  });

  it('is refused without the permission, once the token has expired, and if another maintains the service account', async () => {
    await createServiceAccount(app, 'other', { maintainers: [app.dev] });
    const notFound = [404, 'service-account-not-found'];
    expect(await codeOf(await transfer(token.id, { to: 'other' }, ada))).toEqual(notFound);
    expect(await codeOf(await transfer(token.id, { to: 'nothing' }, ada))).toEqual(notFound);
    const permission = (value: boolean) =>
      app.ask(`/api/v1/users/${ada.id}`, { method: 'PATCH', as: app.root, json: { can_manage_tokens: value } });
    await permission(false);
    expect(await codeOf(await transfer(token.id, { to: 'ci' }, ada))).toEqual([403, 'permission-missing']);
    await permission(true);
    const brief = await createToken(app, ada, { name: 'brief', expires_in: 60 });
    app.clock.advance(60_000);
    expect(await codeOf(await transfer(brief.id, { to: 'ci' }, ada))).toEqual([409, 'token-inactive']);
    expect(await verdict(app, brief.token)).toBe('expired');
  });

  it('is refused by a disabled service account and by one that has as many tokens as it may', async () => {
    const accounts = await jsonOf<{ items: Array<{ id: string }> }>(
      app.ask('/api/v1/service-accounts', { as: app.root }),
    );
    const disable = (disabled: boolean) =>
      app.ask(`/api/v1/service-accounts/${accounts.items[0]?.id}`, {
        method: 'PATCH',
        as: app.root,
        json: { disabled },
      });
    await disable(true);
    for (const as of [ada, app.root]) {
      expect(await codeOf(await transfer(token.id, { to: 'ci' }, as))).toEqual([409, 'service-account-disabled']);
    }
    await disable(false);
    await createAccountToken(app, ada, 'ci', { name: 'only' });
    const full = app.restart({ maxTokensPerUser: 1 });
    const response = await full.ask(path(token.id), { as: app.root, json: { to: 'ci' } });
    expect(await codeOf(response)).toEqual([409, 'token-limit']);
    expect(await verdict(app, token.token)).toBe(200);
  });
});

describe('a transfer by others', () => {
  beforeEach(async () => {
    await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  });

  it('is a 404 for a maintainer of the service account who does not own the token', async () => {
    const token = await createToken(app, ada, { name: 'deploy' });
    expect(await codeOf(await transfer(token.id, { to: 'ci' }, app.dev))).toEqual([404, 'token-not-found']);
    expect(await identityOf(token.token)).toMatchObject({ owner: 'ada@example.com' });
  });

  it('is a right of superusers, also for a blocked or expired token, and both sides are mailed', async () => {
    const token = await createToken(app, ada, { name: 'deploy' });
    const expired = await createToken(app, ada, { name: 'old', expires_in: 60 });
    const blocked = { method: 'PATCH', as: app.root, json: { can_manage_tokens: false } };
    await app.ask(`/api/v1/users/${ada.id}`, blocked);
    app.clock.advance(60_000);
    expect(await verdict(app, token.token)).toBe('blocked');
    const mails = await mailsOf(() => transfer(token.id, { to: 'ci' }, app.root));
    expect(mails.map(({ to }) => to)).toEqual(['ada@example.com', 'dev@example.com']);
    expect(mails[0]?.text).toContain('root@example.com (Organization Superuser)');
    expect(await verdict(app, token.token)).toBe(200);
    expect((await transfer(expired.id, { to: 'ci' }, app.root)).status).toBe(200);
    expect(await verdict(app, expired.token)).toBe('expired');
  });

  it('goes from one service account to another for those who maintain both', async () => {
    await createServiceAccount(app, 'builds', { maintainers: [ada] });
    const token = await createAccountToken(app, ada, 'builds', { name: 'deploy' });
    expect(await codeOf(await transfer(token.id, { to: 'ci' }, ada))).toEqual([404, 'service-account-not-found']);
    expect(await codeOf(await transfer(token.id, { to: 'ci' }, app.dev))).toEqual([404, 'token-not-found']);
    expect(await codeOf(await transfer(token.id, { to: 'builds' }, ada))).toEqual([400, 'invalid-fields']);
    await createServiceAccount(app, 'both', { maintainers: [ada, app.dev] });
    const mails = await mailsOf(() => transfer(token.id, { to: 'both' }, ada));
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      ['ada@example.com', 'Service account "both" received API token "deploy"'],
      ['dev@example.com', 'Service account "both" received API token "deploy"'],
    ]);
    expect(mails[0]?.text).toContain('The maintainers of the service account builds may still know its value');
    expect(mails[0]?.text).toContain('tokens rotate deploy --service-account both');
    expect(await identityOf(token.token)).toMatchObject({ owner: 'service-account:both' });
  });

  it('of a management key is a right of superusers only', async () => {
    const platform = await storeServiceAccount(app, 'platform');
    await app.store.serviceAccounts.addMaintainer(platform.id, app.dev.id);
    const key = await storeKey(app, platform, ['users:read']);
    expect(await codeOf(await transfer(key.id, { to: 'ci' }, app.dev))).toEqual([403, 'superuser-required']);
    expect((await transfer(key.id, { to: 'ci' }, app.root)).status).toBe(200);
    expect((await app.ask('/api/v1/users', { headers: key.headers })).status).toBe(200);
    const { items } = await jsonOf<{ items: Token[] }>(app.ask('/api/v1/tokens?service_account=ci', { as: app.dev }));
    expect(items).toMatchObject([{ id: key.id, manage: ['users:read'] }]);
  });
});

describe('a transfer by a management key', () => {
  it('moves tokens of service accounts, but none of members, no key, and nothing to its own account', async () => {
    for (const name of ['ci', 'builds']) await createServiceAccount(app, name, { maintainers: [app.dev] });
    const platform = await storeServiceAccount(app, 'platform');
    const key = await storeKey(app, platform, ['tokens:write']);
    const other = await storeKey(app, platform, ['audit:read'], { name: 'other' });
    const by = (id: string, json: object, headers = key.headers) => app.ask(path(id), { headers, json });
    const token = await createAccountToken(app, app.dev, 'builds', { name: 'deploy' });
    const members = await createToken(app, ada, { name: 'mine' });
    expect(await codeOf(await by(members.id, { to: 'ci' }))).toEqual([403, 'not-for-keys']);
    expect(await codeOf(await by(other.id, { to: 'ci' }))).toEqual([403, 'not-for-keys']);
    expect(await codeOf(await by(key.id, { to: 'ci' }))).toEqual([403, 'not-for-keys']);
    expect(await codeOf(await by(token.id, { to: 'platform' }))).toEqual([403, 'not-for-keys']);
    const reader = await storeKey(app, platform, ['tokens:read'], { name: 'reader' });
    expect(await codeOf(await by(token.id, { to: 'ci' }, reader.headers))).toEqual([403, 'scope-missing']);
    expect((await by(token.id, { to: 'ci' })).status).toBe(200);
    expect(await identityOf(token.token)).toMatchObject({ owner: 'service-account:ci' });
    const { items } = await jsonOf<{ items: AuditEvent[] }>(
      app.ask('/api/v1/audit?action=token.transferred', { as: app.root }),
    );
    expect(items[0]?.actor).toMatchObject({ email: 'service-account:platform', token: 'terraform' });
  });
});
