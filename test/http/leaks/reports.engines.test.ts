import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../server/config/config.ts';
import { generateToken } from '../../../server/domain/secrets.ts';
import type { LeakFeedback } from '../../../shared/schemas/tokens/leaks.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp, verdict } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { basic } from '../../helpers/app/oauth.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';

const engines = useEngines();
const hour = 60 * 60 * 1000;
const url = 'https://git.example.com/acme/api/blob/0123456/.env#L3';
/** No mail program makes a link of it. */
const shownUrl = 'https[:]//git[.]example[.]com/acme/api/blob/0123456/[.]env#L3';

describe.each(['SQLite', 'PostgreSQL'] as const)('reports of leaks on %s', (engine) => {
  let app: Awaited<ReturnType<typeof openTestApp>>;
  let headers: Record<string, string>;
  let told = new Set<string>();
  beforeAll(async () => {
    app = await openTestApp({ maxExpiry: null }, engines[engine]());
    const json = { name: 'scanner', can_report: true };
    const client = await jsonOf<{ client_id: string; client_secret: string }>(
      app.ask('/api/v1/clients', { as: app.root, json }),
    );
    headers = basic(client.client_id, client.client_secret);
    return app.close;
  });
  beforeEach(async () => {
    app.clock.advance(1000);
    await forgetMails();
  });

  const item = (token: string, more: object = {}) => ({ token, type: 'tokens', url, source: 'commit', ...more });
  const send = (items: unknown, asking: { headers?: Record<string, string>; from?: TestApp } = {}) =>
    (asking.from ?? app).ask('/leaks/report', { headers: asking.headers ?? headers, json: items });
  async function labels(items: ReturnType<typeof item>[], asking: Parameters<typeof send>[1] = {}) {
    // Nodes number the events of one millisecond on their own.
    app.clock.advance(1);
    const response = await send(items, asking);
    expect(response.status).toBe(200);
    const feedback = await jsonOf<LeakFeedback>(response);
    expect(feedback.map(({ token_raw, token_type }) => [token_raw, token_type])).toEqual(
      items.map(({ token, type }) => [token, type]),
    );
    return feedback.map(({ label }) => label);
  }
  const forgetMails = async () => {
    told = new Set((await app.mails()).map(({ id }) => id));
  };
  const newMails = async () =>
    (await app.mails()).filter(({ id, subject }) => !told.has(id) && subject.includes(' leaked'));
  let made = 0;
  const create = (as: Member = app.dev, body: object = {}) => {
    made += 1;
    return createToken(app, as, { name: `token-${made}`, ...body });
  };
  const eventsOf = async (id: string) => {
    const events = await app.store.audit.list({ limit: 1000, before: null });
    return events.filter(({ target }) => target.id === id);
  };
  const actionsOf = async (id: string) => (await eventsOf(id)).map(({ action }) => action).reverse();
  const acting = (leakAction: Config['leakAction']) => app.restart({ leakAction });

  it('revokes a live value, and tells the owner where it was found and how it was used', async () => {
    const { id, token, prefix, name } = await create();
    const use = { method: 'GET', path: '/items', ip: '198.51.100.7', userAgent: 'curl/8' };
    await app.store.tokens.recordUses([{ tokenId: id, at: app.clock.now(), ...use }]);
    const times = { firstAt: app.clock.now(), lastAt: app.clock.now() };
    const network = { kind: 'network' as const, value: '192.0.2.0/24', uses: 7, ...times };
    await app.store.usage.add({
      writer: { id: 'writer', batch: 1, at: app.clock.now() },
      tokens: [{ tokenId: id, firstAt: times.firstAt, hours: [], seen: [network], gaps: null }],
    });
    expect(await labels([item(token)])).toEqual(['true_positive']);
    expect(await verdict(app, token)).toBe('revoked');
    expect(await actionsOf(id)).toEqual(['token.created', 'token.leaked', 'token.revoked']);
    const leaked = (await eventsOf(id)).find(({ action }) => action === 'token.leaked');
    expect(leaked).toMatchObject({
      actor: { kind: 'client', email: 'scanner' },
      ownerId: app.dev.id,
      changes: [
        { field: 'source', from: null, to: 'commit' },
        { field: 'url', from: null, to: url },
        { field: 'outcome', from: null, to: 'revoked' },
      ],
    });
    const mails = await newMails();
    expect(mails.map(({ to }) => to)).toEqual([app.dev.email]);
    expect(mails[0]?.subject).toContain(`API token "${name}" leaked and was revoked`);
    for (const part of [
      prefix,
      shownUrl,
      'commit',
      '198.51.100.7',
      'GET /items',
      'curl/8',
      'scanner',
      '192.0.2.0/24',
      'Check the last use and the networks above.',
    ]) {
      expect(mails[0]?.text).toContain(part);
    }
    expect(JSON.stringify(mails)).not.toContain(token);
  });

  it('pauses a token so that only superusers resume it, if it is told to pause', async () => {
    const { id, token } = await create();
    expect(await labels([item(token)], { from: acting('pause') })).toEqual(['true_positive']);
    expect(await verdict(app, token)).toBe('paused');
    expect((await app.ask(`/api/v1/tokens/${id}/resume`, { as: app.dev, method: 'POST' })).status).toBe(403);
    expect(await actionsOf(id)).toEqual(['token.created', 'token.leaked', 'token.paused']);
    expect((await newMails()).map(({ subject }) => subject)).toEqual([
      expect.stringContaining('leaked and was paused'),
    ]);
    expect((await app.ask(`/api/v1/tokens/${id}/resume`, { as: app.root, method: 'POST' })).status).toBe(200);
  });

  it('lets the owner replace the value of a token that it paused, and tells how', async () => {
    const { id, token } = await create();
    await labels([item(token)], { from: acting('pause') });
    expect((await newMails()).map(({ text }) => text).join()).toContain('--overlap 0');
    const rotate = { method: 'POST', as: app.dev, json: { overlap: 0 } };
    const rotated = await jsonOf(app.ask(`/api/v1/tokens/${id}/rotate`, rotate));
    expect(await labels([item(token)], { from: acting('pause') })).toEqual(['true_positive']);
    await app.ask(`/api/v1/tokens/${id}/resume`, { method: 'POST', as: app.root });
    expect([await verdict(app, token), await verdict(app, String(rotated.token))]).toEqual(['rotated', 200]);
  });

  it('pauses and tells again once a superuser has resumed the token', async () => {
    const { id, token } = await create();
    const resume = () => app.ask(`/api/v1/tokens/${id}/resume`, { as: app.root, method: 'POST' });
    const events = async (action: string) => (await actionsOf(id)).filter((name) => name === action);
    const report = (more: object = {}) => labels([item(token, more)], { from: acting('pause') });
    await report();
    await report();
    expect(await newMails()).toHaveLength(1);
    expect(await actionsOf(id)).toEqual(['token.created', 'token.leaked', 'token.paused']);
    for (const [times, url] of [
      [2, 'https://elsewhere.example.com/'],
      [3, 'https://elsewhere.example.com/'],
    ] as const) {
      await resume();
      await report({ url });
      expect(await verdict(app, token)).toBe('paused');
      expect((await app.ask(`/api/v1/tokens/${id}/resume`, { as: app.dev, method: 'POST' })).status).toBe(403);
      expect(await newMails()).toHaveLength(times);
      expect(await events('token.leaked')).toHaveLength(times);
    }
    await resume();
    await app.ask(`/api/v1/tokens/${id}/pause`, { as: app.dev, json: {} });
    await report();
    expect((await app.ask(`/api/v1/tokens/${id}/resume`, { as: app.dev, method: 'POST' })).status).toBe(403);
  });

  it('writes an event for each new place, at most 20 for one value, and sends one mail', async () => {
    for (const action of ['notify', 'pause', 'revoke'] as const) {
      const { id, token } = await create();
      await forgetMails();
      const at = (n: number) => item(token, { url: `https://git.example.com/${n}` });
      const urls = async () =>
        (await eventsOf(id))
          .flatMap(({ action, changes }) => (action === 'token.leaked' ? [changes?.[1]?.to] : []))
          .reverse();
      await labels([at(1), at(2), at(1), item(token, { url: null })], { from: acting(action) });
      const first = ['https://git.example.com/1', 'https://git.example.com/2', null];
      expect(await urls()).toEqual(first);
      await labels([at(2), at(3)], { from: acting(action) });
      // A revoked value is over, wherever it is.
      expect(await urls()).toEqual(action === 'revoke' ? first : [...first, 'https://git.example.com/3']);
      await labels(
        Array.from({ length: 30 }, (_, n) => at(n)),
        { from: acting(action) },
      );
      expect(await urls()).toHaveLength(action === 'revoke' ? 3 : 20);
      expect(await newMails()).toHaveLength(1);
    }
  });

  it('only sends mails, if it is told to notify', async () => {
    const { id, token } = await create();
    expect(await labels([item(token)], { from: acting('notify') })).toEqual(['true_positive']);
    expect(await verdict(app, token)).toBe(200);
    expect(await actionsOf(id)).toEqual(['token.created', 'token.leaked']);
    expect((await newMails()).map(({ subject }) => subject)).toEqual([
      expect.stringContaining('leaked and still works'),
    ]);
  });

  it('sends no second mail and writes no second event about one place, also for reports at the same time from two nodes', async () => {
    for (const action of ['notify', 'pause', 'revoke'] as const) {
      const { id, token } = await create();
      const nodes = [acting(action), acting(action)];
      const reports = Array.from({ length: 6 }, (_, index) =>
        labels([item(token)], { from: nodes[index % 2] as TestApp }),
      );
      expect((await Promise.all(reports)).flat()).toEqual(Array(6).fill('true_positive'));
      expect(await labels([item(token, { url: 'https://elsewhere.example.com/' })], { from: acting(action) })).toEqual([
        'true_positive',
      ]);
      const leaked = (await actionsOf(id)).filter((name) => name === 'token.leaked');
      expect(leaked).toHaveLength(action === 'revoke' ? 1 : 2);
    }
    expect(await newMails()).toHaveLength(3);
  });

  it('acts again if it has become stricter since the first report', async () => {
    const { token } = await create();
    await labels([item(token)], { from: acting('notify') });
    await labels([item(token)], { from: acting('revoke') });
    expect(await verdict(app, token)).toBe('revoked');
    expect(await newMails()).toHaveLength(2);
  });

  it('ends the overlap of a previous value, whatever it is told to do, and lets the current one live', async () => {
    for (const action of ['notify', 'pause', 'revoke'] as const) {
      const { id, token } = await create();
      const json = { overlap: 3600 };
      const rotated = await jsonOf<{ token: string }>(app.ask(`/api/v1/tokens/${id}/rotate`, { as: app.dev, json }));
      expect(await verdict(app, token)).toBe(200);
      expect(await labels([item(token)], { from: acting(action) })).toEqual(['true_positive']);
      expect(await verdict(app, token)).toBe('rotated');
      expect(await verdict(app, rotated.token)).toBe(200);
      expect((await actionsOf(id)).slice(-2)).toEqual(['token.leaked', 'token.previous_ended']);
      expect((await newMails()).at(-1)?.subject).toContain('its old value ended');
      // The value has ended, so it is ours, and nothing is left to do.
      expect(await labels([item(token)])).toEqual(['true_positive']);
      expect(await verdict(app, rotated.token)).toBe(200);
    }
  });

  it('takes values that no longer work for true positives, and sends no mail', async () => {
    const revoked = await create();
    await app.ask(`/api/v1/tokens/${revoked.id}`, { as: app.dev, method: 'DELETE' });
    const rotated = await create();
    await app.ask(`/api/v1/tokens/${rotated.id}/rotate`, { as: app.dev, json: { overlap: 0 } });
    const expired = await create(app.dev, { expires_in: 60 });
    app.clock.advance(60_000);
    await forgetMails();
    const ours = [revoked, rotated, expired].map(({ token }) => item(token));
    const wrong = `${expired.token.slice(0, -1)}${expired.token.endsWith('a') ? 'b' : 'a'}`;
    const others = [generateToken('tok').reveal(), wrong, '', 'ghp_something', 'x'.repeat(5000)].map((value) =>
      item(value),
    );
    expect(await labels([...ours, ...others])).toEqual([
      ...ours.map(() => 'true_positive'),
      ...others.map(() => 'false_positive'),
    ]);
    expect(await newMails()).toEqual([]);
    expect(await actionsOf(expired.id)).toEqual(['token.created']);
  });

  it('acts on tokens that could work again, such as those of disabled owners', async () => {
    const other = await app.addMember({ email: `other-${engine}@example.com`, can_manage_tokens: true });
    const [disabled, paused] = [await create(other), await create()];
    await app.ask(`/api/v1/tokens/${paused.id}/pause`, { as: app.dev, json: {} });
    await app.store.users.setDisabled(other.id, true);
    await labels([item(disabled.token), item(paused.token)]);
    await app.store.users.setDisabled(other.id, false);
    expect(await verdict(app, disabled.token)).toBe('revoked');
    expect(await verdict(app, paused.token)).toBe('revoked');
  });

  it('trips a canary, which stays, and takes its value for a true positive', async () => {
    const { id, token, prefix } = await create(app.dev, { canary: true });
    await forgetMails();
    expect(await labels([item(token)])).toEqual(['true_positive']);
    await new Promise(setImmediate);
    await app.services.canaryUses.tellAll();
    expect(await actionsOf(id)).toEqual(['token.created', 'token.leaked', 'token.canary_used']);
    expect((await newMails()).map(({ to, text }) => [to, text.includes(prefix)])).toEqual([[app.dev.email, true]]);
    expect(await verdict(app, token)).toBe('unknown');
    expect(await app.store.tokens.findById(id)).toMatchObject({ canary: true });
  });

  it('tells the maintainers of a service account', async () => {
    await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
    const { token } = await createAccountToken(app, app.dev, 'ci', { name: 'deploy' });
    await forgetMails();
    await labels([item(token)]);
    expect((await newMails()).map(({ to, text }) => [to, text.includes('service account ci')])).toEqual([
      [app.dev.email, true],
    ]);
  });

  it('tells superusers of an account without a maintainer to find one, because only a maintainer can rotate', async () => {
    await createServiceAccount(app, 'orphan', { maintainers: [] });
    const { token } = await createAccountToken(app, app.root, 'orphan', { name: 'deploy' });
    await forgetMails();
    await labels([item(token)], { from: acting('pause') });
    const [mail] = await newMails();
    expect(mail?.text).toContain('tokens service-accounts edit orphan --add-maintainer EMAIL');
    expect(mail?.text).not.toContain('tokens rotate');
  });

  it('lets a management key with the scope leaks report, also itself, and no other key', async () => {
    const account = await storeServiceAccount(app, 'watcher');
    const key = await storeKey(app, account, ['leaks'], { name: 'watch' });
    const rest = await storeKey(app, account, ['tokens:write', 'audit:read'], { name: 'rest' });
    const { id, token } = await create();
    const refused = await send([item(token)], { headers: rest.headers });
    expect([refused.status, (await jsonOf(refused)).code]).toEqual([401, 'not-authenticated']);
    expect(await verdict(app, token)).toBe(200);
    expect(await labels([item(key.value), item(token)], { headers: key.headers })).toEqual(
      Array(2).fill('true_positive'),
    );
    expect(await verdict(app, token)).toBe('revoked');
    expect((await eventsOf(id)).at(0)).toMatchObject({ actor: { kind: 'service-account', token: 'watch' } });
    expect((await send([item(token)], { headers: key.headers })).status).toBe(401);
  });

  it('rejects everybody else, and reads no cookie and no session', async () => {
    const { token } = await create();
    const unable = await jsonOf<{ client_id: string; client_secret: string }>(
      app.ask('/api/v1/clients', { as: app.root, json: { name: 'gateway', can_revoke: true } }),
    );
    const { session } = app.root;
    const attempts: Record<string, string>[] = [
      {},
      { Authorization: `Bearer ${session}` },
      { Authorization: `Token ${token}` },
      { Cookie: `__Host-session=${session}; session=${session}`, Origin: 'https://tokens.example.com' },
      { 'X-API-Key': (await storeKey(app, await storeServiceAccount(app, 'k'), ['leaks'])).value },
      basic(unable.client_id, unable.client_secret),
      basic(unable.client_id, 'wrong'),
      basic('unknown', 'wrong'),
      { Authorization: 'Basic' },
      { 'Github-Public-Key-Identifier': 'abc', 'Github-Public-Key-Signature': 'MEUCIQ==' },
    ];
    for (const headers of attempts) {
      for (const path of ['/leaks/report', '/leaks/verify']) {
        const response = await app.ask(path, { headers, json: [item(token)] });
        expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="tokensd"']);
        expect(await jsonOf(response)).toMatchObject({ code: 'not-authenticated' });
      }
    }
    expect(await verdict(app, token)).toBe(200);
  });

  it('stops a report in the middle once the client may not report any more', async () => {
    const clients = await app.store.clients.list({ limit: 10, before: null });
    const scanner = clients.find(({ name }) => name === 'scanner');
    const tokens = await Promise.all([create(), create()]);
    const reporter = { kind: 'client', client: scanner, clientInfo: { ip: null, userAgent: null } } as never;
    await app.store.clients.setRights(scanner?.id ?? '', { canRevoke: false, canReport: false });
    const values = tokens.map(({ token }) => ({ value: token }));
    await expect(app.services.leaks.report(reporter, values)).rejects.toMatchObject({ code: 'not-authenticated' });
    for (const { token } of tokens) expect(await verdict(app, token)).toBe(200);
    await app.store.clients.setRights(scanner?.id ?? '', { canRevoke: false, canReport: true });
  });

  it('keeps neither a value nor a secret of the address, and no other scheme', async () => {
    const secret = 'hunter2-in-the-address';
    const addresses: Array<[string, string | null]> = [
      [`https://user:${secret}@git.example.com/a?token=${secret}#${secret}`, 'https://git.example.com/a'],
      [`javascript:alert("${secret}")`, null],
      [`file:///etc/${secret}`, null],
      ['not an address', null],
      [`https://git.example.com/${'a'.repeat(2048)}`, null],
    ];
    for (const [address, kept] of addresses) {
      const { id, token } = await create();
      const where = address.replace('#', `/${token}#`);
      expect(await labels([item(token, { url: where, source: `commit\u202e\u001b[31m ${token}` })])).toEqual([
        'true_positive',
      ]);
      const leaked = (await eventsOf(id)).find(({ action }) => action === 'token.leaked');
      const stored = leaked?.changes?.find(({ field }) => field === 'url')?.to;
      expect(typeof stored === 'string' ? stored.replace(/\/tok_.*$/, '').replace(/\?.*$/, '') : stored).toBe(kept);
      const everything = JSON.stringify([leaked, await newMails(), app.logLines]);
      expect(everything).not.toContain(token);
      expect(everything).not.toContain(secret);
      expect(JSON.stringify(leaked)).not.toMatch(/\\u202e|\\u001b/);
    }
  });

  it('keeps no value that letters touch or that is percent-encoded, in events, mails and digests', async () => {
    app.clock.advance(hour);
    await app.services.tellOfLeaks();
    app.clock.advance(hour);
    const [reported, other] = [await create(), await create()];
    const { token } = reported;
    const where = `https://git.example.com/s/${token.replace('_', '%5F')}/A${token}/B${other.token}`;
    await forgetMails();
    await labels([item(token, { url: where, source: `B${token}` })], { from: acting('pause') });
    expect(await app.services.tellOfLeaks()).toBeGreaterThan(0);
    expect((await newMails()).map(({ to }) => to).sort()).toEqual([app.dev.email, app.root.email].sort());
    const leaked = (await eventsOf(reported.id)).find(({ action }) => action === 'token.leaked');
    expect(leaked?.changes?.slice(0, 2)).toEqual([
      { field: 'source', from: null, to: `B${reported.prefix}[redacted]` },
      { field: 'url', from: null, to: 'https://git.example.com' },
    ]);
    const everything = JSON.stringify([await app.store.audit.list({ limit: 1000, before: null }), await app.mails()]);
    for (const { token, prefix } of [reported, other]) {
      expect(everything + app.logLines.join()).not.toContain(token.slice(prefix.length));
    }
  });

  it('accepts alerts without url and source, and with fields that GitHub may add', async () => {
    const [first, second] = [await create(), await create()];
    const items = [
      { token: first.token, type: 't' },
      { token: second.token, type: 't', url: '', source: null, commit: 'abc' },
    ];
    expect((await send(items)).status).toBe(200);
    expect(await verdict(app, second.token)).toBe('revoked');
  });

  it('accepts 1,000 values at once, acts on each, and rejects more, none, and anything else', async () => {
    const owned: Array<{ token: string }> = [];
    while (owned.length < 50) owned.push(await create());
    const unknown = Array.from({ length: 950 }, () => item(generateToken('tok').reveal()));
    await forgetMails();
    const startedAt = performance.now();
    const result = await labels([...owned.map(({ token }) => item(token)), ...unknown]);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(result.filter((label) => label === 'true_positive')).toHaveLength(50);
    expect(await newMails()).toHaveLength(50);
    for (const { token } of owned) expect(await verdict(app, token)).toBe('revoked');
    const { token } = await create();
    const many = Array.from({ length: 1001 }, () => item(token));
    for (const wrong of [many, [], {}, [{ token }], [{ token: 7, type: 't' }], [token], 'text']) {
      const response = await send(wrong);
      expect(response.status).toBe(400);
      expect(await response.text()).not.toContain(token);
    }
    const large = await send([item(token, { more: 'x'.repeat(1024 * 1024) })]);
    expect([large.status, (await jsonOf(large)).code]).toEqual([413, 'body-too-large']);
    expect(await verdict(app, token)).toBe(200);
  }, 60_000);

  it('tells the superusers in one mail, at most once an hour', async () => {
    app.clock.advance(hour);
    await app.services.tellOfLeaks();
    app.clock.advance(hour);
    await forgetMails();
    const digests = async () => (await newMails()).filter(({ to }) => to === app.root.email);
    const first = await create();
    await labels([item(first.token)]);
    await Promise.all([app.services.tellOfLeaks(), app.restart({}).services.tellOfLeaks()]);
    expect(await digests()).toMatchObject([{ subject: expect.stringContaining('1 value of an API token leaked') }]);
    const more = [await create(), await create()];
    await labels(more.map(({ token }) => item(token)));
    await app.services.tellOfLeaks();
    expect(await digests()).toHaveLength(1);
    app.clock.advance(hour);
    await app.services.tellOfLeaks();
    const [, second] = await digests();
    expect(second?.subject).toContain('2 values of API tokens leaked');
    for (const { prefix, name } of more)
      for (const part of [prefix, name, shownUrl]) expect(second?.text).toContain(part);
    for (const { token } of more) expect(JSON.stringify(second)).not.toContain(token);
    app.clock.advance(hour);
    expect(await app.services.tellOfLeaks()).toBe(0);
  });
});
