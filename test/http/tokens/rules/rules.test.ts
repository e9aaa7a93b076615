import { describe, expect, it } from 'vitest';
import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf } from '../../../helpers/app/app.ts';
import { change, day, openWithToken, read, rotate, subjects } from '../../token-changes/changes.ts';
import { addApp, deleteApp, noRules, rulesOf } from './gate.ts';

const rules = {
  apps: ['immich', 'grafana'],
  read_only: true,
  allow: ['GET,HEAD /api/**', '* /builds/*'],
  networks: ['203.0.113.0/24', '2001:db8::/32'],
  enforce: false,
};

async function open(body: object = {}) {
  const opened = await openWithToken();
  const { app } = opened;
  const apps = { grafana: await addApp(app, 'grafana'), immich: await addApp(app, 'immich') };
  const token = await createToken(app, app.dev, { name: 'deploy', expires_in: 30 * day, ...body });
  const edit = (json: object) => change(app, `tokens/${token.id}`, { method: 'PATCH', as: app.dev, json });
  return { app, apps, token, edit };
}

/** Returns the changes in the audit events, newest first. */
async function auditChanges(app: Awaited<ReturnType<typeof open>>['app']) {
  const { items } = await jsonOf<{ items: Array<{ changes: object[] }> }>(
    app.ask('/api/v1/audit?action=token.changed', { as: app.dev }),
  );
  return items.map(({ changes }) => changes);
}

describe('the rules of a token', () => {
  it('are none unless the request chooses some', async () => {
    const { app, token } = await open();
    expect(rulesOf(token)).toEqual(noRules);
    const nulls = { ...noRules, read_only: null };
    expect(rulesOf(await createToken(app, app.dev, { name: 'x', ...nulls }))).toEqual(noRules);
    expect((await app.store.tokens.findById(token.id))?.rules).toBeNull();
  });

  it('are chosen at creation, and shown wherever the token is', async () => {
    const { app, token } = await open(rules);
    expect(rulesOf(token)).toEqual(rules);
    expect(rulesOf(await read(app, token.id))).toEqual(rules);
    const { items } = await jsonOf<{ items: Token[] }>(app.ask('/api/v1/tokens', { as: app.dev }));
    expect(items.map(rulesOf)).toEqual([rules, noRules]);
    const itself = await jsonOf<Token>(app.ask('/api/v1/token', { headers: { 'X-API-Key': token.token } }));
    expect(rulesOf(itself)).toEqual(rules);
    expect(itself).not.toHaveProperty('decision');
  });

  it('survive a rotation, a pause and edits of other fields', async () => {
    const { app, token, edit } = await open({ ...rules, self_rotate: true });
    expect(rulesOf((await edit({ description: 'Deploys' })).body)).toEqual(rules);
    const rotated = await rotate(app, token.id);
    expect(rulesOf(rotated)).toEqual(rules);
    const headers = { Authorization: `Token ${rotated.token}` };
    const itself = await change(app, 'token/rotate', { json: { end_previous: true }, headers });
    expect([itself.status, rulesOf(itself.body)]).toEqual([201, rules]);
    expect(rulesOf((await change(app, `tokens/${token.id}/pause`, { as: app.dev, json: {} })).body)).toEqual(rules);
    expect(rulesOf((await change(app, `tokens/${token.id}/resume`, { as: app.dev })).body)).toEqual(rules);
  });

  it('are the same for a repeated creation with the same Idempotency-Key', async () => {
    const { app } = await open();
    const create = (json: object) =>
      app.ask('/api/v1/tokens', { as: app.dev, json, headers: { 'Idempotency-Key': 'once' } });
    const body = { name: 'once', apps: ['grafana'] };
    expect([(await create(body)).status, (await create(body)).status]).toEqual([201, 200]);
    const other = await create({ ...body, apps: ['immich'] });
    expect([other.status, (await jsonOf(other)).code]).toEqual([409, 'idempotency-mismatch']);
  });

  it('never change at an earlier time than before, even if the clock was set back', async () => {
    const { app, token, edit } = await open();
    await edit({ read_only: true });
    const first = (await app.store.tokens.findById(token.id))?.rulesChangedAt ?? 0;
    app.clock.advance(-600_000);
    await edit({ allow: ['GET /a'] });
    expect((await app.store.tokens.findById(token.id))?.rulesChangedAt).toBeGreaterThan(first);
  });

  it('change one by one, and each change is recorded', async () => {
    const { app, token, edit } = await open();
    expect(rulesOf((await edit({ apps: ['grafana', 'grafana'] })).body)).toEqual({ ...noRules, apps: ['grafana'] });
    const narrowed = await edit({ read_only: true, allow: rules.allow, networks: rules.networks, enforce: false });
    expect(rulesOf(narrowed.body)).toEqual({ ...rules, apps: ['grafana'] });
    expect(rulesOf((await edit({ ...noRules, read_only: null })).body)).toEqual(noRules);
    expect(await auditChanges(app)).toEqual([
      [
        { field: 'apps', from: 'grafana', to: null },
        { field: 'read_only', from: true, to: false },
        { field: 'allow', from: 'GET,HEAD /api/**\n* /builds/*', to: null },
        { field: 'networks', from: '203.0.113.0/24\n2001:db8::/32', to: null },
        { field: 'enforce', from: false, to: true },
      ],
      [
        { field: 'read_only', from: false, to: true },
        { field: 'allow', from: null, to: 'GET,HEAD /api/**\n* /builds/*' },
        { field: 'networks', from: null, to: '203.0.113.0/24\n2001:db8::/32' },
        { field: 'enforce', from: true, to: false },
      ],
      [{ field: 'apps', from: null, to: 'grafana' }],
    ]);
    expect((await edit({ apps: null, allow: null })).status).toBe(200);
    expect(await auditChanges(app)).toHaveLength(3);
    expect((await app.store.tokens.findById(token.id))?.rules).toBeNull();
  });

  it('remember when they last changed', async () => {
    const { app, token, edit } = await open(rules);
    const changedAt = async () => (await app.store.tokens.findById(token.id))?.rulesChangedAt ?? null;
    expect(await changedAt()).toBeNull();
    app.clock.advance(1000);
    await edit({ description: 'Deploys', read_only: true });
    expect(await changedAt()).toBeNull();
    await edit({ read_only: false });
    expect(await changedAt()).toBe(app.clock.now());
  });

  it('deny everything with an empty list of apps, and after a deletion of the only app', async () => {
    const { app, apps, token, edit } = await open({ apps: ['grafana'] });
    expect((await edit({ apps: [] })).body.apps).toEqual([]);
    expect((await auditChanges(app))[0]).toEqual([{ field: 'apps', from: 'grafana', to: '(none)' }]);
    await edit({ apps: ['grafana', 'immich'] });
    await deleteApp(app, apps.grafana);
    await addApp(app, 'grafana');
    expect((await read(app, token.id)).apps).toEqual(['immich']);
    expect(rulesOf(await rotate(app, token.id))).toEqual({ ...noRules, apps: ['immich'] });
    expect((await edit({ read_only: true })).body.apps).toEqual(['immich']);
    await deleteApp(app, apps.immich);
    expect((await read(app, token.id)).apps).toEqual([]);
  });

  it('keep an app from being deleted until no token is restricted to it', async () => {
    const { app, apps, edit } = await open({ apps: ['grafana'] });
    const tryDelete = () => app.store.transaction((store) => store.apps.delete(apps.grafana, false));
    expect(await tryDelete()).toBe('in-use');
    await edit({ apps: ['immich'] });
    await edit({ apps: ['grafana', 'immich'] });
    expect(await tryDelete()).toBe('in-use');
    await edit({ apps: null });
    expect(await tryDelete()).toBe('deleted');
  });

  it.each([
    ['an unknown app', { apps: ['grafana', 'nowhere'] }, ['/apps/1']],
    ['an app in capitals', { apps: ['Grafana'] }, ['/apps/0']],
    ['a method in small letters', { allow: ['GET /a', 'get /a'] }, ['/allow/1']],
    ['a star inside a segment', { allow: ['GET /a*'] }, ['/allow/0']],
    ['a double star before the end', { allow: ['GET /**/a'] }, ['/allow/0']],
    ['a line without a path', { allow: ['GET'] }, ['/allow/0']],
    ['an empty list of lines', { allow: [] }, ['/allow']],
    ['51 lines', { allow: Array.from({ length: 51 }, (_, index) => `GET /${index}`) }, ['/allow']],
    ['something else than a network', { networks: ['203.0.113.0/33', 'localhost'] }, ['/networks/0', '/networks/1']],
    ['an empty list of networks', { networks: [] }, ['/networks']],
    ['a token value', { allow: ['GET /tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE'] }, ['/allow/0']],
    [
      'texts in place of lists',
      { apps: 'grafana', read_only: 'yes', enforce: null },
      ['/apps', '/read_only', '/enforce'],
    ],
  ])('are rejected with the place of the fault: %s', async (_fault, body, pointers) => {
    const { app, edit } = await open();
    const create = await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'wrong', ...body } });
    const created = await jsonOf<{ errors: Array<{ pointer: string }> }>(create);
    expect([create.status, created.errors.map(({ pointer }) => pointer)]).toEqual([400, pointers]);
    const edited = await edit(body);
    expect([edited.status, edited.body]).toMatchObject([400, { errors: created.errors }]);
  });

  it('accepts 50 lines and 50 networks', async () => {
    const allow = Array.from({ length: 50 }, (_, index) => `GET /${index}`);
    const networks = Array.from({ length: 50 }, (_, index) => `10.0.${index}.0/24`);
    const { token } = await open({ allow, networks });
    expect([token.allow, token.networks]).toEqual([allow, networks]);
  });
});

describe('the mails about rules', () => {
  const newest = async (app: Awaited<ReturnType<typeof open>>['app']) => (await app.mails()).at(-1)?.text ?? '';

  it('say what a new token may do', async () => {
    const { app } = await open(rules);
    const text = await newest(app);
    for (const fact of [
      /^ *Apps +immich; grafana$/m,
      /^ *Methods +only those that change nothing$/m,
      /^ *Allowed requests +GET,HEAD \/api\/\*\*; \* \/builds\/\*$/m,
      /^ *Networks +203\.0\.113\.0\/24; 2001:db8::\/32$/m,
      /^ *Rules applied +no, they only count what they would deny$/m,
    ]) {
      expect(text).toMatch(fact);
    }
    await createToken(app, app.dev, { name: 'x', expires_in: 30 * day, apps: [] });
    expect(await newest(app)).toMatch(/^ *Apps +none$/m);
    await createToken(app, app.dev, { name: 'y', expires_in: 30 * day });
    expect(await newest(app)).toMatch(/^ *Rules +none$/m);
  });

  it('list ten entries of a rule and count the others', async () => {
    const { app } = await open({ networks: Array.from({ length: 12 }, (_, index) => `10.0.${index}.0/24`) });
    expect(await newest(app)).toMatch(/10\.0\.9\.0\/24; and 2 more/);
  });

  it('are sent if an edit widens the rules, and only then', async () => {
    const { app, apps, edit } = await open();
    const isMailed = async (json: object) => {
      const before = (await subjects(app)).length;
      const { status, body } = await edit(json);
      expect([status, body.detail]).toEqual([200, undefined]);
      const sent = (await subjects(app)).slice(before);
      expect(['', 'dev@example.com: API token "deploy" may do more than before']).toContain(sent.join());
      return sent.length === 1;
    };
    const { enforce: _, ...narrow } = rules;
    expect(await isMailed(narrow)).toBe(false);
    expect(await isMailed({ apps: ['grafana'], allow: ['GET /api/dashboards/**'], networks: ['203.0.113.7'] })).toBe(
      false,
    );
    expect(await isMailed({ apps: ['grafana', 'immich'] })).toBe(true);
    expect(await isMailed({ allow: ['GET /api/**'] })).toBe(true);
    expect(await isMailed({ networks: ['203.0.113.0/24'] })).toBe(true);
    expect(await isMailed({ read_only: false })).toBe(true);
    expect(await isMailed({ enforce: false })).toBe(true);
    // While the rules are not applied, a wider rule allows nothing more.
    expect(await isMailed({ networks: null })).toBe(false);
    expect(await isMailed({ enforce: true })).toBe(false);
    expect(await isMailed({ apps: null })).toBe(true);
    expect(await newest(app)).toMatch(/^ *Apps before +grafana; immich$/m);
    expect(await isMailed({ allow: null })).toBe(true);
    expect(await newest(app)).toMatch(/^ *Rules +none$/m);
    expect(await isMailed({ apps: ['grafana'], allow: ['GET /'] })).toBe(false);
    // The app of the old name is another one.
    await deleteApp(app, apps.grafana);
    await addApp(app, 'grafana');
    expect(await isMailed({ apps: ['grafana'] })).toBe(true);
  });

  it('name the former rules, the request and what to do', async () => {
    const { app, edit } = await open(rules);
    await edit({ enforce: true, networks: null });
    expect(await subjects(app)).toHaveLength(2);
    await edit({ apps: null });
    const text = await newest(app);
    for (const part of ['tokens revoke deploy', 'tokens password', 'tokens command line', 'IP address']) {
      expect(text).toContain(part);
    }
  });
});
