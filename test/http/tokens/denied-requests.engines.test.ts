import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDeniedUses } from '../../../server/domain/tokens/usage/denied-uses.ts';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import type { Usage } from '../../../shared/schemas/tokens/usage.ts';
import { jsonOf } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { type Fields, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { deleteApp, type Gated, issueGated, registerApp } from '../../helpers/gate/gated.ts';
import { type Original, originals } from '../../helpers/gate/originals.ts';

const engines = useEngines();

describe.each(['SQLite', 'PostgreSQL'] as const)('denied requests on %s', (engine) => {
  let server: TestServer;
  let wiki = '';
  beforeAll(async () => {
    server = await startTestServer({}, 0, engines[engine]());
    wiki = (await registerApp(server.store, 'wiki')).id;
  });
  afterAll(() => server.stop());

  const normal: Original = { method: 'DELETE', path: '/api/builds?page=2', ip: '203.0.113.9', app: 'wiki' };
  const ask = async (value: string, original: Original, more: Fields = [['User-Agent', 'curl/8']]) => {
    const { headers, ...options } = (originals.nginx as (typeof originals)[string])(original);
    const { status } = await server.send({ ...options, headers: [['X-API-Key', value], ...headers, ...more] });
    return status;
  };
  const flush = () => server.services.deniedUses.flush();
  const issue = (gated: Gated) => issueGated(server.store, gated);
  const tokenOf = (id: string) => jsonOf<Token>(server.ask(`/api/v1/tokens/${id}`, { as: server.root }));
  const usageOf = (id: string) => jsonOf<Usage>(server.ask(`/api/v1/tokens/${id}/usage`, { as: server.root }));
  const at = () => new Date(server.clock.now()).toISOString();

  it('are shown with the token and its usage: when, why, which request and which app', async () => {
    const { value, id } = await issue({ readOnly: true });
    expect((await tokenOf(id)).last_denied).toBeNull();
    expect(await ask(value, normal)).toBe(403);
    expect(await ask(value, { ...normal, app: 'no-such-app' })).toBe(403);
    await server.store.tokens.pause(id, { ...pause, at: server.clock.now() });
    expect(await ask(value, normal)).toBe(401);
    await flush();
    const request = { method: 'DELETE', path: '/api/builds', ip: '203.0.113.9', user_agent: 'curl/8' };
    const { denied_requests: requests } = await usageOf(id);
    expect(requests).toEqual([
      { at: at(), reason: 'paused', app: 'wiki', ...request },
      { at: at(), reason: 'app', app: null, ...request },
      { at: at(), reason: 'method', app: 'wiki', ...request },
    ]);
    expect((await tokenOf(id)).last_denied).toEqual(requests[0]);
  });

  it('are not recorded for allowed requests, unknown and malformed values, and values of revoked tokens', async () => {
    const { value, id } = await issue({});
    const revoked = await issue({});
    await server.store.tokens.destroy(revoked.id, server.clock.now(), actor);
    expect(await ask(value, normal)).toBe(200);
    expect(await ask(revoked.value, normal)).toBe(401);
    expect(await ask(`${value}x`, normal)).toBe(401);
    await flush();
    expect((await tokenOf(id)).last_denied).toBeNull();
    expect((await server.store.usage.deniedOf(revoked.id)).length).toBe(0);
  });

  it('keeps the last 20, and counts all of them', async () => {
    const { value, id } = await issue({ allow: ['GET /'] });
    for (let index = 0; index < 25; index += 1) await ask(value, { ...normal, path: `/${index}` });
    await flush();
    await ask(value, { ...normal, path: '/last' });
    await flush();
    await server.services.recordUsage.flush();
    const { denied_requests: requests, denied } = await usageOf(id);
    const paths = ['/last', ...Array.from({ length: 19 }, (_, index) => `/${24 - index}`)];
    expect(requests.map(({ path }) => path)).toEqual(paths);
    expect(denied).toEqual({ path: 26 });
  });

  it('name no app once it is deleted', async () => {
    const app = await registerApp(server.store, `gone-${engine.toLowerCase()}`);
    const { value, id } = await issue({ readOnly: true });
    await ask(value, { ...normal, app: app.name });
    await flush();
    expect((await tokenOf(id)).last_denied?.app).toBe(app.name);
    await deleteApp(server.store, app.id);
    expect((await tokenOf(id)).last_denied?.app).toBeNull();
  });

  it('select the tokens of a list', async () => {
    const { value, id, ownerId } = await issue({ apps: [] });
    await issue({});
    const list = async (query: string) => {
      const page = await jsonOf<{ items: Token[] }>(server.ask(`/api/v1/tokens?${query}`, { as: server.root }));
      return page.items.map((token) => token.id);
    };
    expect(await list(`user=${ownerId}&denied_within=3600`)).toEqual([]);
    await ask(value, { ...normal, app: 'wiki' });
    await flush();
    expect(await list(`user=${ownerId}&denied_within=3600`)).toEqual([id]);
    expect(await list('all=true&denied_within=3600')).toContain(id);
    server.clock.advance(3_600_000);
    expect(await list('all=true&denied_within=3600')).toEqual([]);
    expect(await list('all=true&denied_within=3601')).toContain(id);
    expect((await server.ask('/api/v1/tokens?denied_within=0', { as: server.root })).status).toBe(400);
  });

  it('are kept while the database cannot be written, and then written once', async () => {
    const { id } = await issue({});
    const { clock, store } = server;
    let fails = true;
    const transaction = async (work: Parameters<typeof store.transaction>[0]) => {
      const result = await store.transaction(work);
      if (fails) throw new Error('the connection was lost');
      return result;
    };
    const uses = createDeniedUses({
      ...{ clock, newId: newIds(), counter: { denied: () => {} } },
      store: { transaction: transaction as typeof store.transaction },
      normalize: () => ({ method: 'GET', path: '/', ip: null, userAgent: null }),
    });
    const request = { method: 'GET', target: '/', peer: null, forwardedFor: null, userAgent: null };
    for (let use = 0; use < 3; use += 1) uses.record(id, 'path', { ...request, appId: wiki, wouldDeny: null });
    await expect(uses.flush()).rejects.toThrow('the connection was lost');
    uses.record(id, 'path', { ...request, appId: null, wouldDeny: null });
    fails = false;
    await uses.flush();
    expect(await store.usage.deniedOf(id)).toHaveLength(4);
  });
});

const actor = { kind: 'user', id: 'root', email: 'root@example.com' } as const;
const pause = { until: null, reason: null, actor, bySuperuser: false };

function newIds(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `request-${count}`;
  };
}
