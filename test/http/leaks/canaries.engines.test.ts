import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashSecret } from '../../../server/domain/secrets.ts';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import type { HashStatuses } from '../../../shared/schemas/tokens/hash-statuses.ts';
import type { CreatedToken, Token } from '../../../shared/schemas/tokens/tokens.ts';
import type { Usage } from '../../../shared/schemas/tokens/usage.ts';
import { createToken, jsonOf, type Member } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';

const hour = 60 * 60 * 1000;
const engines = useEngines();
const observed = {
  ...{ method: 'GET', target: '/builds/42', peer: '203.0.113.9', forwardedFor: null, userAgent: null },
  ...{ appId: null, wouldDeny: null },
};

describe.each(['SQLite', 'PostgreSQL'] as const)('a canary on %s', (engine) => {
  let server: TestServer;
  let other: Member;
  beforeAll(async () => {
    server = await startTestServer({ maxExpiry: null }, 0, engines[engine]());
    other = await server.addMember({ email: 'other@example.com', can_manage_tokens: true });
  });
  afterAll(() => server.stop());

  let made = 0;
  async function createCanary(as = server.dev): Promise<CreatedToken> {
    made += 1;
    const session = await server.signIn(as.id);
    return createToken(server, { ...as, session }, { name: `canary-${made}`, canary: true });
  }
  const headersOf = (value: string) =>
    [
      ['X-API-Key', value],
      ['X-Original-URI', '/builds/42?secret=1'],
      ['X-Original-Method', 'GET'],
      ['User-Agent', 'curl/8.5.0'],
    ] as const;
  async function present(value: string, times = 1): Promise<void> {
    for (let sent = 0; sent < times; sent += 1) {
      const { status } = await server.send({ path: '/verify/auth-request', headers: headersOf(value) });
      expect(status).toBe(401);
    }
    await eventLoopTurn();
    await server.services.canaryUses.tellAll();
    await server.services.recordUsage.flush();
  }
  const asDev = async (path: string, ask: object = {}) =>
    server.ask(path, { as: { ...server.dev, session: await server.signIn(server.dev.id) }, ...ask });
  const show = async (id: string) => jsonOf<Token>(await asDev(`/api/v1/tokens/${id}`));
  const mailsAbout = async ({ name }: Pick<Token, 'name'>) =>
    (await server.mails()).filter(({ subject }) => subject === `Canary "${name}" was used`);
  async function eventsAbout({ id }: Pick<Token, 'id'>): Promise<AuditEvent[]> {
    const response = await server.ask('/api/v1/audit?action=token.canary_used', { as: server.root });
    const { items } = await jsonOf<{ items: AuditEvent[] }>(response);
    return items.filter(({ target }) => target.id === id);
  }

  it('is created like any token, and marked for those who see it', async () => {
    const canary = await createCanary();
    const token = await createToken(server, server.dev, { name: `token-${made}` });
    expect(canary).toMatchObject({ canary: true, status: 'active' });
    expect(canary.token).toHaveLength(token.token.length);
    expect(canary.token.slice(0, 4)).toBe(token.token.slice(0, 4));
    expect(token.canary).toBe(false);
    expect(await show(canary.id)).toMatchObject({ canary: true, status: 'active', last_used: null });
    expect((await server.ask(`/api/v1/tokens/${canary.id}`, { as: other })).status).toBe(404);
  });

  it('records a presentation as a denied use, with its method, path, address and user agent', async () => {
    const canary = await createCanary();
    await present(canary.token, 3);
    const { last_used: use, last_denied: denied } = await show(canary.id);
    expect(denied).toEqual({ ...use, reason: 'canary', app: null });
    const { denied_requests: requests } = await jsonOf<Usage>(await asDev(`/api/v1/tokens/${canary.id}/usage`));
    expect(requests).toEqual([denied]);
    expect(use).toMatchObject({ method: 'GET', path: '/builds/42', ip: '127.0.0.1', user_agent: 'curl/8.5.0' });
    const usage = await jsonOf<{ denied: Record<string, number> }>(await asDev(`/api/v1/tokens/${canary.id}/usage`));
    expect(usage.denied).toEqual({ canary: 3 });
  });

  it('mails the owner and the superusers, and writes an event, at most once an hour, then with a count', async () => {
    const canary = await createCanary();
    await present(canary.token, 2);
    const first = await mailsAbout(canary);
    expect(first.map(({ to }) => to).sort()).toEqual([server.dev.email, server.root.email].sort());
    for (const { text, html } of first) {
      for (const part of ['GET /builds/42', '127.0.0.1', 'curl/8.5.0', canary.prefix]) expect(text).toContain(part);
      for (const body of [text, html]) expect(body).not.toContain(canary.token);
    }
    const commands = { [server.dev.email]: '', [server.root.email]: ` --user ${server.dev.email}` };
    for (const { to, text } of first) expect(text).toContain(`tokens usage ${canary.name}${commands[to]}\n`);
    await present(canary.token, 5);
    server.clock.advance(hour - 1);
    await present(canary.token, 4);
    expect(await mailsAbout(canary)).toHaveLength(2);
    expect(await eventsAbout(canary)).toMatchObject([{ changes: [{ field: 'uses', from: null, to: '2' }] }]);
    server.clock.advance(1);
    // Nobody presents it again. The count is told all the same.
    await present('tok_malformed');
    const later = (await mailsAbout(canary)).slice(2);
    expect(later).toHaveLength(2);
    expect(later[0]?.text.replace(/\s+/g, ' ')).toContain('9 times. Its value never works');
    const [event, ...earlier] = await eventsAbout(canary);
    expect(earlier).toHaveLength(1);
    expect(event).toMatchObject({
      ...{ actor: { kind: 'system' }, ip: '127.0.0.1', user_agent: 'curl/8.5.0' },
      ...{ target: { id: canary.id, owner: server.dev.email }, changes: [{ to: '9' }] },
    });
  });

  it('stores a presentation at once, and tells of it 5 to 60 seconds later, at a random moment', async () => {
    const { canaryUses } = server.services;
    const canaries = [await createCanary(), await createCanary(), await createCanary(), await createCanary()];
    const told = async () => {
      const events = await Promise.all(canaries.map(eventsAbout));
      return events.filter(({ length }) => length > 0).length;
    };
    await canaryUses.tellAll();
    for (const { token } of canaries) await server.send({ path: '/verify/auth-request', headers: headersOf(token) });
    await eventLoopTurn();
    await canaryUses.flush();
    for (const { id } of canaries) expect((await show(id)).last_used).not.toBeNull();
    server.clock.advance(4_999);
    await canaryUses.findUntold();
    await canaryUses.flush();
    expect(await told()).toBe(0);
    const moments = new Set<number>();
    for (let second = 5, before = 0; second < 60; second += 1) {
      server.clock.advance(1_000);
      await canaryUses.flush();
      const now = await told();
      if (now > before) moments.add(second);
      before = now;
    }
    server.clock.advance(1);
    await canaryUses.flush();
    expect(await told()).toBe(4);
    expect(moments.size).toBeGreaterThan(1);
  });

  it('tells once of what a killed daemon stored, whichever of two nodes comes first', async () => {
    const canary = await createCanary();
    const newNode = () => server.restart({}).services.canaryUses;
    const [killed, ...nodes] = [newNode(), newNode(), newNode()] as const;
    killed.record(hashSecret(canary.token), observed);
    await killed.flush();
    expect(await eventsAbout(canary)).toEqual([]);
    for (const node of nodes) await node.findUntold();
    server.clock.advance(60_000);
    await Promise.all(nodes.map((node) => node.flush()));
    expect(await eventsAbout(canary)).toMatchObject([{ changes: [{ to: '1' }] }]);
    expect(await mailsAbout(canary)).toHaveLength(2);
  });

  it('mails the maintainers of the service account that owns it', async () => {
    await createServiceAccount(server, 'bait', { maintainers: [other] });
    const canary = await createAccountToken(server, server.root, 'bait', { name: 'planted', canary: true });
    await present(canary.token);
    const to = (await mailsAbout(canary)).map((mail) => mail.to).sort();
    expect(to).toEqual([other.email, server.root.email].sort());
  });

  it('sends no mail while it is paused, and counts its uses', async () => {
    const canary = await createCanary();
    expect((await asDev(`/api/v1/tokens/${canary.id}/pause`, { json: {} })).status).toBe(200);
    await present(canary.token, 2);
    expect(await mailsAbout(canary)).toEqual([]);
    expect((await show(canary.id)).last_used).not.toBeNull();
    expect((await asDev(`/api/v1/tokens/${canary.id}/resume`, { method: 'POST' })).status).toBe(200);
    await present('tok_malformed');
    expect(await mailsAbout(canary)).toHaveLength(2);
  });

  it('cannot be rotated or transferred, and can be edited and revoked', async () => {
    const canary = await createCanary();
    await createServiceAccount(server, `heir-${made}`, { maintainers: [server.dev] });
    const refused = [
      await asDev(`/api/v1/tokens/${canary.id}/rotate`, { json: {} }),
      await asDev(`/api/v1/tokens/${canary.id}/transfer`, { json: { to: `heir-${made}` } }),
    ];
    for (const response of refused) {
      expect(response.status).toBe(409);
      expect(await jsonOf(response)).toMatchObject({ code: 'canary' });
    }
    const edit = (json: object) => asDev(`/api/v1/tokens/${canary.id}`, { method: 'PATCH', json });
    expect((await edit({ description: 'in the wiki' })).status).toBe(200);
    for (const json of [
      { self_rotate: true },
      { apps: [] },
      { networks: ['192.0.2.0/24'] },
      { manage: ['audit:read'] },
    ]) {
      expect((await edit(json)).status).toBe(400);
    }
    expect((await asDev(`/api/v1/tokens/${canary.id}`, { method: 'DELETE' })).status).toBe(204);
    const { headers, status } = await server.send({ path: '/verify/auth-request', headers: headersOf(canary.token) });
    expect([status, headers['x-tokens-reason']]).toEqual([401, 'unknown']);
  });

  it.each([
    { manage: ['audit:read'], service_account: 'bait', expires_in: 60 },
    { self_rotate: true, expires_in: 60 },
    { quiet_networks: true },
    { read_only: true },
    { enforce: false },
    { allow: ['GET /**'] },
  ])('is refused together with %j', async (fields) => {
    const response = await server.ask('/api/v1/tokens', {
      as: server.root,
      json: { name: 'no', canary: true, ...fields },
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('A canary cannot have');
  });

  it('is revoked with its owner in an offboarding, and not transferred', async () => {
    const leaver = await server.addMember({ email: `leaver-${engine}@example.com`, can_manage_tokens: true });
    const canary = await createCanary(leaver);
    await present(canary.token);
    await createServiceAccount(server, `heirs-${made}`);
    const json = { transfer_to: `heirs-${made}` };
    const response = await server.ask(`/api/v1/users/${leaver.id}/offboard`, {
      as: { ...server.root, session: await server.signIn(server.root.id) },
      json,
    });
    expect(await jsonOf(response)).toMatchObject({ transferred: 0, revoked: 1 });
  });

  it('shows its status as `canary` to its owner and superusers by its hash, and `unknown` to others', async () => {
    const canary = await createCanary();
    const ask = async (as: Member) => {
      const session = await server.signIn(as.id);
      const json = { hashes: [hashSecret(canary.token)] };
      const response = await server.ask('/api/v1/tokens/statuses', { as: { ...as, session }, json });
      return (await jsonOf<HashStatuses>(response)).items[0];
    };
    const shown = { status: 'canary', name: canary.name, owner: server.dev.email };
    expect(await ask(server.dev)).toMatchObject(shown);
    expect(await ask(server.root)).toMatchObject(shown);
    expect(await ask(other)).toMatchObject({ status: 'unknown', name: null, owner: null });
    expect(await show(canary.id)).toMatchObject({ last_used: null });
  });
});
