import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { OidcConfig } from '../../../server/config/config.ts';
import { parseGroups } from '../../../server/domain/accounts/groups.ts';
import type { TestApp } from '../../helpers/app/app.ts';
import { startTestServer } from '../../helpers/app/http.ts';
import { ssoConfig } from '../../helpers/app/sso.ts';
import { connectSso, openSsoApp, signInBySso } from '../../helpers/console/sso.ts';
import { registerApp } from '../../helpers/gate/gated.ts';
import { startIdentityProvider, type TestProvider } from '../../helpers/peers/identity-provider.ts';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startIdentityProvider('https://tokens.example.com');
});
afterAll(() => provider.stop());

const open = (changes?: Partial<OidcConfig>) => openSsoApp(provider, changes);

/** Signs Ada in with these claims in place of her groups, and returns the groups that are stored then. */
async function groupsAfter(app: TestApp, claims: Record<string, unknown>): Promise<string[] | null> {
  const { groups: _, ...ada } = provider.people.ada ?? expect.fail();
  provider.people.ada = { ...ada, ...claims };
  const { user } = await signInBySso(app, provider);
  const text = user?.ssoGroups ?? null;
  return text === null ? null : parseGroups(text);
}

const changesOf = async (app: TestApp) =>
  (await app.store.audit.list({ limit: 99, before: null, action: 'user.groups_changed' }))
    .reverse()
    .map(({ actor, changes }) => ({ by: actor.kind, ...changes?.[0] }));
const warnings = (app: TestApp) =>
  app.logLines.map((line) => JSON.parse(line)).filter(({ level, msg }) => level === 'warn' && msg.includes('groups'));

describe('the groups of a member with single sign-on', () => {
  it('are those that the provider listed at the last sign-in, and each change is audited', async () => {
    const app = await open();
    expect(await groupsAfter(app, { groups: ['staff', 'developers', 'staff'] })).toEqual(['developers', 'staff']);
    expect(await groupsAfter(app, { groups: ['developers', 'staff'] })).toEqual(['developers', 'staff']);
    expect(await groupsAfter(app, { groups: ['/developers', '/staff/berlin'] })).toEqual([
      'developers',
      'staff/berlin',
    ]);
    expect(await groupsAfter(app, { groups: [] })).toBeNull();
    const change = (from: string | null, to: string | null) => ({ by: 'system', field: 'sso_groups', from, to });
    expect(await changesOf(app)).toEqual([
      change(null, 'developers\nstaff'),
      change('developers\nstaff', 'developers\nstaff/berlin'),
      change('developers\nstaff/berlin', null),
    ]);
    expect(warnings(app)).toEqual([]);
  });

  it('come from the claim that the operator names', async () => {
    const app = await open({ groupsClaim: 'realm_access.roles' });
    expect(await groupsAfter(app, { groups: ['staff'], realm_access: { roles: ['builders'] } })).toEqual(['builders']);
  });

  it.each<[string, Record<string, unknown>]>([
    ['no claim', {}],
    ['a reference to more groups', { groups: ['other'], hasgroups: true }],
    ['a claim that cannot be read', { groups: [{ nothing: 1 }] }],
  ])('stay as they were, with a warning, if the provider sends %s', async (_what, claims) => {
    const app = await open();
    await groupsAfter(app, { groups: ['staff'] });
    expect(await groupsAfter(app, claims)).toEqual(['staff']);
    expect(warnings(app)).toMatchObject([{ claim: 'groups', groups: 1, msg: expect.stringContaining('keeps those') }]);
    expect(await changesOf(app)).toHaveLength(1);
  });

  it('are left out if they do not fit, always the same ones, with a warning', async () => {
    const app = await open();
    const many = Array.from({ length: 250 }, (_, index) => `group-${String(index).padStart(3, '0')}`);
    expect(await groupsAfter(app, { groups: [...many].reverse() })).toEqual(many.slice(0, 200));
    expect(await groupsAfter(app, { groups: ['x'.repeat(65), 'a\u0007b', 'staff'] })).toEqual(['staff']);
    const long = Array.from({ length: 30 }, (_, index) => `${'測'.repeat(60)}${index}`);
    expect(await groupsAfter(app, { groups: long })).toHaveLength(9);
    expect(warnings(app).map(({ groups, dropped }) => [groups, dropped])).toEqual([
      [200, 50],
      [1, 2],
      [9, 21],
    ]);
  });

  it('decide at the proxy from the next request after a sign-in on', async () => {
    const server = await startTestServer({ oidc: ssoConfig(provider.issuer) });
    onTestFinished(server.stop);
    await registerApp(server.store, 'grafana', { groups: ['staff'] });
    const { user } = await signInBySso(server, provider);
    await server.store.users.setCanManageTokens(user?.id ?? '', true);
    const { value } = await server.issue('ci', { as: { id: user?.id ?? '' } });
    const verdicts = [];
    for (const groups of [['sales'], ['/staff'], ['staff', 'sales'], []]) {
      await groupsAfter(server, { groups });
      const headers = [['X-API-Key', value]] as const;
      verdicts.push((await server.send({ path: '/verify/apps/grafana/auth-request', headers })).status);
    }
    expect(verdicts).toEqual([403, 200, 200, 403]);
  });

  it('end when a superuser unbinds the member', async () => {
    const app = await open();
    await groupsAfter(app, { groups: ['staff'] });
    const { user } = await signInBySso(app, provider);
    const path = `/api/v1/users/${user?.id}`;
    await app.ask(path, { as: app.root, method: 'PATCH', json: { groups: ['developers'] } });
    expect((await app.ask(`${path}/identity`, { as: app.root, method: 'DELETE' })).status).toBe(204);
    expect(await app.store.users.findById(user?.id ?? '')).toMatchObject({
      ...{ ssoGroups: null, manualGroups: '["developers"]' },
    });
    expect((await changesOf(app)).at(-1)).toEqual({ by: 'user', field: 'sso_groups', from: 'staff', to: null });
  });

  it('end with the identity that another one replaces, even if the provider lists none for that one', async () => {
    const app = await open();
    const grace = await app.addMember({ email: 'grace@example.com' });
    const first = { ...provider.people.grace, password: 'pw-grace', groups: ['staff'] };
    provider.people = Object.assign(provider.people, { grace: first, other: { ...first, groups: undefined } });
    expect((await connectSso(app, provider, grace, 'grace')).status).toBe(303);
    expect(await app.store.users.findById(grace.id)).toMatchObject({ ssoGroups: '["staff"]' });
    expect((await connectSso(app, provider, grace, 'other')).status).toBe(303);
    expect(await app.store.users.findById(grace.id)).toMatchObject({ ssoGroups: null });
    expect((await changesOf(app)).at(-1)).toMatchObject({ field: 'sso_groups', from: 'staff', to: null });
  });
});
