import { beforeAll, describe, expect, it } from 'vitest';
import { generateToken, hashSecret } from '../../../server/domain/secrets.ts';
import type { HashStatuses } from '../../../shared/schemas/tokens/hash-statuses.ts';
import { scopes } from '../../../shared/scopes.ts';
import { type Ask, createToken, jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';

const engines = useEngines();
const issued = () => hashSecret(generateToken('tok').reveal());

describe.each(['SQLite', 'PostgreSQL'] as const)('the statuses of hashes on %s', (engine) => {
  let app: TestApp;
  let other: Member;
  beforeAll(async () => {
    app = await openTestApp({ maxExpiry: null }, engines[engine]());
    other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
    return app.close;
  });

  async function ask(ask: Ask, values: readonly string[]): Promise<HashStatuses['items']> {
    const json = { hashes: values.map(hashSecret) };
    const response = await app.ask('/api/v1/tokens/statuses', { ...ask, json });
    expect(response.status).toBe(200);
    const { items } = await jsonOf<HashStatuses>(response);
    expect(items.map(({ hash }) => hash)).toEqual(json.hashes);
    return items;
  }
  const statuses = async (asking: Ask, values: readonly string[]) =>
    (await ask(asking, values)).map(({ status }) => status);
  let made = 0;
  const create = (as: Member, body: object = {}) => {
    made += 1;
    return createToken(app, as, { name: `token-${made}`, ...body });
  };
  const change = (path: string, as: Member, json: object = {}) =>
    app.ask(`/api/v1/tokens/${path}`, { as, method: 'POST', json });

  it('returns the status, name and owner of every value to a superuser, in the order of the request', async () => {
    const [mine, theirs] = [await create(app.root), await create(app.dev)];
    const unknown = generateToken('tok').reveal();
    const items = await ask({ as: app.root }, [theirs.token, unknown, mine.token, theirs.token]);
    const described = (token: typeof mine, owner: Member) => ({
      ...{ hash: hashSecret(token.token), status: 'active', name: token.name, owner: owner.email },
    });
    expect(items).toEqual([
      described(theirs, app.dev),
      { hash: hashSecret(unknown), status: 'unknown', name: null, owner: null },
      described(mine, app.root),
      described(theirs, app.dev),
    ]);
  });

  it('names every status by the word that `tokens check` prints', async () => {
    const paused = await create(app.dev);
    await change(`${paused.id}/pause`, app.dev);
    const expiring = await create(app.dev, { expires_in: 60 });
    const revoked = await create(app.dev);
    await app.ask(`/api/v1/tokens/${revoked.id}`, { as: app.dev, method: 'DELETE' });
    const rotated = await create(app.dev);
    const overlapping = await create(app.dev);
    const { token: newer } = await jsonOf<{ token: string }>(change(`${rotated.id}/rotate`, app.dev, { overlap: 0 }));
    await change(`${overlapping.id}/rotate`, app.dev, { overlap: 3600 });
    const blocked = await app.addMember({ email: 'blocked@example.com', can_manage_tokens: true });
    const block = await create(blocked);
    await app.store.users.setCanManageTokens(blocked.id, false);
    const disabled = await app.addMember({ email: 'disabled@example.com', can_manage_tokens: true });
    const disable = await create(disabled);
    await app.store.users.setDisabled(disabled.id, true);
    app.clock.advance(60_000);
    const values = [paused, expiring, revoked, rotated, overlapping, block, disable].map(({ token }) => token);
    const words = ['paused', 'expired', 'revoked', 'rotated', 'active', 'blocked', 'disabled', 'active'];
    expect(await statuses({ as: app.root }, [...values, newer])).toEqual(words);
    for (const [index, value] of values.entries()) {
      const response = await app.ask('/api/v1/token', { headers: { Authorization: `Token ${value}` } });
      expect(response.headers.get('x-tokens-reason') ?? 'active').toBe(words[index]);
    }
  });

  it('tells a member about their own tokens and those of their service accounts, also after their end', async () => {
    await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
    await createServiceAccount(app, 'others', { maintainers: [other] });
    const own = await create(app.dev);
    const account = await createAccountToken(app, app.dev, 'ci', { name: 'deploy' });
    const ended = await createAccountToken(app, app.dev, 'ci', { name: 'ended' });
    await app.ask(`/api/v1/tokens/${ended.id}`, { as: app.dev, method: 'DELETE' });
    const [theirs, theirEnded] = [await create(other), await create(other)];
    await app.ask(`/api/v1/tokens/${theirEnded.id}`, { as: other, method: 'DELETE' });
    const foreign = await createAccountToken(app, other, 'others', { name: 'deploy' });
    const roots = await create(app.root);
    const values = [own, account, ended, theirs, theirEnded, foreign, roots].map(({ token }) => token);
    const items = await ask({ as: app.dev }, values);
    expect(items.map(({ status, owner }) => [status, owner])).toEqual([
      ['active', app.dev.email],
      ['active', 'service-account:ci'],
      ['revoked', 'service-account:ci'],
      ...[theirs, theirEnded, foreign, roots].map(() => ['unknown', null]),
    ]);
    // The answer about another member's token is that about a value that was never issued.
    expect(items[3]).toEqual({ hash: hashSecret(theirs.token), status: 'unknown', name: null, owner: null });
  });

  it('tells a management key about every token if it has the scope leaks, and nothing otherwise', async () => {
    const value = (await create(other)).token;
    const account = await storeServiceAccount(app, 'scanner');
    const { headers } = await storeKey(app, account, ['leaks']);
    expect(await ask({ headers }, [value])).toMatchObject([{ status: 'active', owner: other.email }]);
    const rest = await storeKey(
      app,
      account,
      scopes.filter((scope) => scope !== 'leaks'),
      { name: 'rest' },
    );
    const response = await app.ask('/api/v1/tokens/statuses', {
      headers: rest.headers,
      json: { hashes: [hashSecret(value)] },
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'scope-missing' });
  });

  it('records no use', async () => {
    const { token } = await create(app.dev);
    app.services.lastUsed.drain();
    await ask({ as: app.root }, [token]);
    expect(app.services.lastUsed.drain()).toEqual([]);
  });

  it('accepts 1,000 hashes and rejects more, none, and anything that is no hash', async () => {
    const send = (hashes: unknown) => app.ask('/api/v1/tokens/statuses', { as: app.root, json: { hashes } });
    const accepted = await send(Array.from({ length: 1000 }, issued));
    expect(accepted.status).toBe(200);
    expect((await jsonOf<HashStatuses>(accepted)).items).toHaveLength(1000);
    const value = generateToken('tok').reveal();
    const hex = Buffer.from(issued(), 'base64url').toString('hex');
    for (const wrong of [Array.from({ length: 1001 }, issued), [], undefined, [value], [hex], [`${issued()}=`], [7]]) {
      const response = await send(wrong);
      expect(response.status).toBe(400);
      const problem = await response.text();
      expect(problem).toContain('invalid-fields');
      // A client that sends values by mistake does not find them in its log.
      expect(problem).not.toContain(value);
    }
  });
});
