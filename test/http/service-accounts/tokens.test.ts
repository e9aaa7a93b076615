import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import type { CreatedToken, Token } from '../../../shared/schemas/tokens/tokens.ts';
import { type Ask, createToken, jsonOf, type Member, openTestApp, verdict } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';

let app: Awaited<ReturnType<typeof openTestApp>>;
/** A maintainer without the permission to manage tokens. */
let ada: Member;
let account: { id: string };
beforeEach(async () => {
  app = await openTestApp({ maxTokensPerUser: 3 });
  ada = await app.addMember({ email: 'ada@example.com' });
  account = await createServiceAccount(app, 'ci', { maintainers: [ada] });
});
afterEach(() => app.close());

const codeOf = async (response: Response) => [response.status, (await jsonOf<{ code: string }>(response)).code];
const ask = (as: Member, path: string, options: Ask = {}) => app.ask(`/api/v1${path}`, { as, ...options });
const list = async (as: Member, query: string) =>
  (await jsonOf<{ items: Token[] }>(await ask(as, `/tokens${query}`))).items.map(({ name }) => name);
const maintain = (change: object) =>
  ask(app.root, `/service-accounts/${account.id}`, { method: 'PATCH', json: change });

/** What an owner may do with a token, in an order in which each succeeds. */
const ownerChanges: Array<[what: string, path: string, options: Ask, status: number]> = [
  ['read', '', {}, 200],
  ['usage', '/usage', {}, 200],
  ['suggestion', '/suggestion?force=true', {}, 200],
  ['edit', '', { method: 'PATCH', json: { description: 'changed' } }, 200],
  ['rotate', '/rotate', { json: {} }, 201],
  ['end the previous value', '/previous', { method: 'DELETE' }, 204],
  ['pause', '/pause', { json: {} }, 200],
  ['resume', '/resume', { method: 'POST' }, 200],
  ['revoke', '', { method: 'DELETE' }, 204],
];

describe('a token of a service account', () => {
  it('belongs to it, whoever created it', async () => {
    const byMaintainer = await createAccountToken(app, ada, 'ci', { name: 'deploy' });
    const bySuperuser = await createAccountToken(app, app.root, 'ci', { name: 'release' });
    for (const token of [byMaintainer, bySuperuser]) {
      expect(token).toMatchObject({ owner: 'service-account:ci', owner_kind: 'service-account', status: 'active' });
      expect(await verdict(app, token.token)).toBe(200);
    }
    expect(await createToken(app, app.dev, { name: 'own' })).toMatchObject({ owner_kind: 'member' });
    for (const as of [ada, app.root]) expect(await list(as, '?service_account=ci')).toEqual(['release', 'deploy']);
    expect(await list(ada, '')).toEqual([]);
    expect(await list(app.root, '?all=true')).toEqual(['own', 'release', 'deploy']);
    const { items } = await jsonOf<{ items: AuditEvent[] }>(
      await ask(app.root, `/audit?user=${account.id}&action=token.created`),
    );
    expect(items.map(({ actor, target }) => [actor.email, target.name, target.owner])).toEqual([
      ['root@example.com', 'release', 'service-account:ci'],
      ['ada@example.com', 'deploy', 'service-account:ci'],
    ]);
  });

  it('gives its maintainer everything that an owner may do', async () => {
    const { id } = await createAccountToken(app, ada, 'ci', { name: 'deploy', expires_in: 3600 });
    for (const [what, path, options, status] of ownerChanges) {
      expect([what, (await ask(ada, `/tokens/${id}${path}`, options)).status]).toEqual([what, status]);
    }
  });

  it('gives a superuser what they may do with a member’s token, and lets them create it', async () => {
    const { id } = await createAccountToken(app, app.root, 'ci', { name: 'deploy', expires_in: 3600 });
    await ask(ada, `/tokens/${id}/rotate`, { json: {} });
    for (const [what, path, options, status] of ownerChanges) {
      const response = await ask(app.root, `/tokens/${id}${path}`, options);
      if (what === 'edit' || what === 'rotate') expect(await codeOf(response)).toEqual([403, 'owner-only']);
      else expect([what, response.status]).toEqual([what, status]);
    }
  });

  it('is hidden from every other member, also from one who maintains another service account', async () => {
    await createServiceAccount(app, 'other', { maintainers: [app.dev] });
    const { id } = await createAccountToken(app, ada, 'ci', { name: 'deploy' });
    for (const [, path, options] of ownerChanges) {
      expect(await codeOf(await ask(app.dev, `/tokens/${id}${path}`, options))).toEqual([404, 'token-not-found']);
    }
    const missing = [404, 'service-account-not-found'];
    for (const name of ['ci', 'none', 'service-account:ci', account.id]) {
      expect(await codeOf(await ask(app.dev, `/tokens?service_account=${name}`))).toEqual(missing);
    }
    const json = { name: 'mine', service_account: 'ci' };
    expect(await codeOf(await ask(app.dev, '/tokens', { json }))).toEqual(missing);
    expect(await list(ada, '?service_account=ci')).toEqual(['deploy']);
  });

  it('is lost to a maintainer who is removed or disabled, on the next request', async () => {
    const { id } = await createAccountToken(app, ada, 'ci', { name: 'deploy', expires_in: 3600 });
    await maintain({ remove_maintainers: [ada.email] });
    for (const [, path, options] of ownerChanges) {
      expect(await codeOf(await ask(ada, `/tokens/${id}${path}`, options))).toEqual([404, 'token-not-found']);
    }
    expect(await codeOf(await ask(ada, '/tokens?service_account=ci'))).toEqual([404, 'service-account-not-found']);
    await maintain({ add_maintainers: [ada.email] });
    expect((await ask(ada, `/tokens/${id}`)).status).toBe(200);
    await ask(app.root, `/users/${ada.id}`, { method: 'PATCH', json: { disabled: true } });
    expect((await ask(ada, `/tokens/${id}`)).status).toBe(401);
    await ask(app.root, `/users/${ada.id}`, { method: 'PATCH', json: { disabled: false } });
    const session = await app.signIn(ada.id);
    expect((await ask({ ...ada, session }, `/tokens/${id}`)).status).toBe(200);
  });

  it('works without a maintainer, and is rejected while its service account is disabled', async () => {
    const token = await createAccountToken(app, ada, 'ci', { name: 'deploy' });
    await maintain({ maintainers: [] });
    expect(await verdict(app, token.token)).toBe(200);
    await maintain({ disabled: true, add_maintainers: [ada.email] });
    expect(await verdict(app, token.token)).toBe('disabled');
    expect(await jsonOf(await ask(ada, `/tokens/${token.id}`))).toMatchObject({ status: 'disabled' });
    const disabled = [409, 'service-account-disabled'];
    for (const as of [ada, app.root]) {
      expect(await codeOf(await ask(as, '/tokens', { json: { name: 'x', service_account: 'ci' } }))).toEqual(disabled);
    }
    expect(await codeOf(await ask(ada, `/tokens/${token.id}/rotate`, { json: {} }))).toEqual([409, 'token-inactive']);
    await maintain({ disabled: false });
    expect(await verdict(app, token.token)).toBe(200);
  });

  it('shares neither its name nor its limit with tokens of other owners', async () => {
    await createToken(app, app.dev, { name: 'deploy' });
    await createServiceAccount(app, 'other', { maintainers: [ada] });
    await createAccountToken(app, ada, 'other', { name: 'deploy' });
    for (const name of ['deploy', 'two', 'three']) await createAccountToken(app, ada, 'ci', { name });
    const create = (name: string) => ask(ada, '/tokens', { json: { name, service_account: 'ci' } });
    expect(await jsonOf(await create('deploy'))).toMatchObject({
      code: 'name-taken',
      detail: 'The service account already has a token with this name.',
    });
    expect(await jsonOf(await create('four'))).toMatchObject({
      code: 'token-limit',
      detail: 'The service account has reached the limit of 3 tokens. Revoke one that is no longer needed.',
    });
    await createAccountToken(app, ada, 'other', { name: 'four' });
  });

  it('is created once for an Idempotency-Key, whoever owns it', async () => {
    const create = (service_account: string | undefined, as = ada) =>
      ask(as, '/tokens', { headers: { 'Idempotency-Key': 'k' }, json: { name: 'deploy', service_account } });
    const first = await jsonOf<CreatedToken>(await create('ci'));
    const replay = await create('ci');
    expect([replay.status, (await jsonOf<Token>(replay)).id]).toEqual([200, first.id]);
    await createServiceAccount(app, 'other', { maintainers: [ada] });
    expect(await codeOf(await create('other'))).toEqual([409, 'idempotency-mismatch']);
    await maintain({ maintainers: [] });
    expect(await codeOf(await create('ci'))).toEqual([404, 'service-account-not-found']);
  });

  it('never becomes stale, because nobody signs in for it', async () => {
    const strict = app.restart({ ssoMaxAge: 60 });
    const token = await createAccountToken(app, ada, 'ci', { name: 'deploy' });
    app.clock.advance(365 * 24 * 60 * 60 * 1000);
    expect(await verdict(strict, token.token)).toBe(200);
  });

  it('may use an app only in a group of its service account', async () => {
    await app.ask('/api/v1/apps', { as: app.root, json: { name: 'grafana', groups: ['deployers'] } });
    const token = await createAccountToken(app, ada, 'ci', { name: 'deploy' });
    const outcome = async () => {
      const verdict = await app.services.verifyRequest(token.token, {
        app: { kind: 'name', name: 'grafana' },
        method: 'GET',
        path: '/',
        ip: null,
      });
      return verdict.allowed ? verdict.groups.names : verdict.reason;
    };
    expect(await outcome()).toBe('group');
    await maintain({ groups: ['deployers', 'x'] });
    expect(await outcome()).toEqual(['deployers', 'x']);
  });

  it.each(['?service_account=ci&all=true', '?service_account=ci&user=ada@example.com'])(
    'is not listed with two owners: %s',
    async (query) => expect(await codeOf(await ask(app.root, `/tokens${query}`))).toEqual([400, 'invalid-fields']),
  );
});
