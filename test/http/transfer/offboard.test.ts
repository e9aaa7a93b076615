import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceAccount } from '../../../shared/schemas/accounts/service-accounts.ts';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import type { CreatedToken, CreateTokenBody, Token } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf, type Member, openTestApp, verdict } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { useOf } from '../../store/contract/records.ts';

let app: Awaited<ReturnType<typeof openTestApp>>;
let ada: Member;
let ci: ServiceAccount;
beforeEach(async () => {
  app = await openTestApp();
  ada = await app.addMember({ email: 'ada@example.com', can_manage_tokens: true });
  ci = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
});
afterEach(() => app.close());

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const path = (id: string) => `/api/v1/users/${id}/offboard`;
const offboard = (json: object = {}, { id } = ada, as = app.root) => app.ask(path(id), { as, json });
const codeOf = async (response: Response) => [response.status, (await jsonOf<{ code: string }>(response)).code];
const use = ({ id }: { id: string }, at = app.clock.now()) => app.store.tokens.recordUses([useOf(id, { at })]);
const read = ({ id }: { id: string }, as = app.dev) => jsonOf<Token>(app.ask(`/api/v1/tokens/${id}`, { as }));
const inMs = (ms: number) => new Date(app.clock.now() + ms).toISOString();

/** Creates a token of Ada that was used just now. */
async function usedToken(body: Partial<CreateTokenBody> & { name: string }): Promise<CreatedToken> {
  const token = await createToken(app, ada, body as CreateTokenBody);
  await use(token);
  return token;
}

async function mailsOf(step: () => Promise<unknown>) {
  const before = (await app.mails()).length;
  await step();
  const mails = (await app.mails()).slice(before);
  return mails.map(({ to, subject, text }) => ({ to, subject, text: text.replaceAll(/\s+/g, ' ') }));
}

async function story() {
  const { items } = await jsonOf<{ items: AuditEvent[] }>(app.ask('/api/v1/audit?limit=200', { as: app.root }));
  return items.reverse();
}

describe('an offboarding without a service account', () => {
  it('disables the account, ends its sessions and revokes every token, in one mail', async () => {
    const tokens = [await usedToken({ name: 'one' }), await usedToken({ name: 'two' })];
    const mails = await mailsOf(async () => {
      const response = await offboard();
      expect([response.status, await jsonOf(response)]).toEqual([200, { transferred: 0, revoked: 2, known: [] }]);
    });
    for (const { token } of tokens) expect(await verdict(app, token)).toBe('revoked');
    expect((await app.ask('/api/v1/me', { as: ada })).status).toBe(401);
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([['ada@example.com', '2 API tokens were revoked']]);
    expect(await jsonOf(app.ask(`/api/v1/users/${ada.id}`, { as: app.root }))).toMatchObject({ disabled: true });
    expect(await jsonOf(await offboard())).toEqual({ transferred: 0, revoked: 0, known: [] });
  });

  it.each([
    ['a grace without a service account', { grace: 60 }],
    ['no grace at all', { transfer_to: 'ci', grace: 0 }],
    ['a grace of more than a year', { transfer_to: 'ci', grace: 366 * 86_400 + 1 }],
    ['a grace that is no whole number', { transfer_to: 'ci', grace: 1.5 }],
    ['something that is no name', { transfer_to: 'dev@example.com' }],
    ['an unknown field', { transfer: 'ci' }],
  ])('rejects %s', async (_what, json) => {
    expect(await codeOf(await offboard(json))).toEqual([400, 'invalid-fields']);
  });

  it('is refused for the own account, for a service account and by other members', async () => {
    expect(await codeOf(await offboard({}, app.root))).toEqual([409, 'own-account']);
    expect(await codeOf(await offboard({}, { ...ada, id: ci.id }))).toEqual([404, 'user-not-found']);
    expect(await codeOf(await offboard({}, ada, app.dev))).toEqual([403, 'superuser-required']);
    expect((await app.ask('/api/v1/me', { as: ada })).status).toBe(200);
  });
});

describe('an offboarding with a service account', () => {
  it('transfers the tokens in use, each with its expiry cut to the grace, and revokes the others', async () => {
    const day = 24 * 60 * 60;
    const long = await usedToken({ name: 'long', expires_in: 90 * day, self_rotate: true, allow: ['GET /builds'] });
    const never = await usedToken({ name: 'never', expires_in: null });
    const short = await usedToken({ name: 'short', expires_in: day });
    const paused = await usedToken({ name: 'paused', expires_in: 90 * day });
    await app.ask(`/api/v1/tokens/${paused.id}/pause`, { as: ada, json: {} });
    const unused = await createToken(app, ada, { name: 'unused' });
    const old = await createToken(app, ada, { name: 'old' });
    await use(old, app.clock.now() - 30 * dayMs);
    const recent = await createToken(app, ada, { name: 'recent' });
    await use(recent, app.clock.now() - 30 * dayMs + 1);
    const expired = await usedToken({ name: 'expired', expires_in: 1 });
    app.clock.advance(1000);
    await use(recent, app.clock.now() - 30 * dayMs + 1);

    const response = await offboard({ transfer_to: 'ci', grace: 7 * day });
    expect([response.status, await jsonOf(response)]).toEqual([200, { transferred: 5, revoked: 3, known: [] }]);
    const owner = { owner: 'service-account:ci', self_rotate: false };
    const end = inMs(7 * dayMs);
    expect(await read(long)).toMatchObject({
      ...owner,
      ...{ expires_at: end, lifetime: 90 * day, allow: ['GET /builds'], last_used: { path: '/builds/42' } },
    });
    expect(await read(never)).toMatchObject({ ...owner, expires_at: end, lifetime: null });
    // A node of the release before would take any number for the lifetime.
    expect(await app.store.tokens.findById(never.id)).toMatchObject({ lifetimeMs: null, expiryCut: true });
    expect(await read(short)).toMatchObject({ ...owner, expires_at: short.expires_at, lifetime: day });
    expect(await read(paused)).toMatchObject({ ...owner, expires_at: end, status: 'paused' });
    expect(await read(recent)).toMatchObject({ ...owner, expires_at: end });
    for (const { token } of [unused, old, expired]) expect(await verdict(app, token)).toBe('revoked');
    expect(await verdict(app, long.token)).toBe(200);
    app.clock.advance(7 * dayMs);
    for (const { token } of [long, never, short]) expect(await verdict(app, token)).toBe('expired');
  });

  it('counts a use of any value, and ends the previous value at once', async () => {
    const rotate = ({ id }: { id: string }) => app.ask(`/api/v1/tokens/${id}/rotate`, { as: ada, json: {} });
    const token = await usedToken({ name: 'deploy' });
    const next = await jsonOf<CreatedToken>(await rotate(token));
    expect(await verdict(app, token.token)).toBe(200);
    expect(await jsonOf(await offboard({ transfer_to: 'ci' }))).toEqual({ transferred: 1, revoked: 0, known: [] });
    expect(await verdict(app, token.token)).toBe('rotated');
    expect(await verdict(app, next.token)).toBe(200);
    expect((await story()).slice(-3).map(({ action }) => action)).toEqual([
      ...['token.previous_ended', 'token.transferred', 'user.disabled'],
    ]);
  });

  it('gives a token its full life back when a maintainer rotates it, and ends the value that the leaver knows', async () => {
    const day = 24 * 60 * 60;
    const tokens = [
      { before: await usedToken({ name: 'long', expires_in: 90 * day }), end: 90 * dayMs },
      { before: await usedToken({ name: 'never', expires_in: null }), end: null },
    ];
    await offboard({ transfer_to: 'ci', grace: 14 * day });
    for (const { before, end } of tokens) {
      const rotated = await jsonOf<CreatedToken>(
        app.ask(`/api/v1/tokens/${before.id}/rotate`, { as: app.dev, json: { overlap: 0 } }),
      );
      expect(rotated.expires_at).toBe(end === null ? null : inMs(end));
      expect(rotated.lifetime).toBe(end === null ? null : end / 1000);
      expect(await verdict(app, before.token)).toBe('rotated');
      expect(await verdict(app, rotated.token)).toBe(200);
    }
  });

  it('gives a token without an expiry the maximum if the policy has one by then', async () => {
    const never = await usedToken({ name: 'never', expires_in: null });
    await offboard({ transfer_to: 'ci' });
    const strict = app.restart({ maxExpiry: 60 * 24 * 60 * 60 });
    const response = await strict.ask(`/api/v1/tokens/${never.id}/rotate`, { as: app.dev, json: {} });
    expect((await jsonOf<Token>(response)).expires_at).toBe(inMs(60 * dayMs));
  });

  it('lets no token rotate itself that will have no expiry', async () => {
    const never = await usedToken({ name: 'never', expires_in: null });
    await offboard({ transfer_to: 'ci' });
    const edit = (json: object) => app.ask(`/api/v1/tokens/${never.id}`, { method: 'PATCH', as: app.dev, json });
    expect(await codeOf(await edit({ self_rotate: true }))).toEqual([400, 'invalid-fields']);
    await app.ask(`/api/v1/tokens/${never.id}/rotate`, { as: app.dev, json: {} });
    expect(await codeOf(await edit({ self_rotate: true }))).toEqual([400, 'invalid-fields']);
    expect((await edit({ self_rotate: true, expires_in: 60 })).status).toBe(200);
  });

  it('adds a number to a name that the service account has, and cuts a long name for it', async () => {
    const long = 'x'.repeat(64);
    for (const name of ['deploy', 'DEPLOY-2', long]) await createAccountToken(app, app.dev, 'ci', { name });
    for (const name of ['Deploy', long, 'other']) await usedToken({ name });
    expect(await jsonOf(await offboard({ transfer_to: 'ci' }))).toEqual({ transferred: 3, revoked: 0, known: [] });
    const { items } = await jsonOf<{ items: Token[] }>(app.ask('/api/v1/tokens?service_account=ci', { as: app.dev }));
    expect(items.map(({ name }) => name).sort()).toEqual(
      ['deploy', 'DEPLOY-2', 'Deploy-3', 'other', long, `${'x'.repeat(62)}-2`].sort(),
    );
  });

  it('sends one mail to the leaver about each kind and one to each maintainer, however many tokens there are', async () => {
    const second = await app.addMember({ email: 'second@example.com' });
    const edit = { method: 'PATCH', as: app.root, json: { add_maintainers: [second.email, ada.email] } };
    await app.ask(`/api/v1/service-accounts/${ci.id}`, edit);
    for (const name of ['one', 'two', 'three']) await usedToken({ name });
    await createToken(app, ada, { name: 'unused' });
    const mails = await mailsOf(() => offboard({ transfer_to: 'ci' }));
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      ['ada@example.com', '3 API tokens were transferred'],
      ['dev@example.com', 'Service account "ci" received 3 API tokens'],
      ['second@example.com', 'Service account "ci" received 3 API tokens'],
      ['ada@example.com', 'API token "unused" was revoked'],
    ]);
    const text = mails[1]?.text;
    expect(text).toContain('ada@example.com left the organization. 3 API tokens of ada@example.com now belong to');
    for (const name of ['one', 'two', 'three']) expect(text).toContain(`tokens rotate ${name} --service-account ci`);
    expect(text).toContain(`expires ${inMs(30 * dayMs).slice(0, 10)}`);
  });

  it('mails the leaver the names that they know, and the maintainers both', async () => {
    await createAccountToken(app, app.dev, 'ci', { name: 'deploy' });
    for (const name of ['deploy', 'nightly']) await usedToken({ name });
    const [given, received] = await mailsOf(() => offboard({ transfer_to: 'ci' }));
    expect([given?.to, received?.to]).toEqual([ada.email, app.dev.email]);
    expect(given?.text).not.toContain('deploy-2');
    expect(given?.text).toContain('deploy');
    expect(received?.text).toMatch(/deploy-2 .*, was deploy/);
    expect(received?.text).not.toContain('was nightly');
  });

  it('mails all superusers if the leaver is the only maintainer', async () => {
    const boss = await app.addMember({ email: 'boss@example.com', superuser: true });
    const edit = { method: 'PATCH', as: app.root, json: { maintainers: [ada.email] } };
    await app.ask(`/api/v1/service-accounts/${ci.id}`, edit);
    await usedToken({ name: 'deploy' });
    const mails = await mailsOf(() => offboard({ transfer_to: 'ci' }));
    const subject = 'Service account "ci" received API token "deploy"';
    const orphaned = 'Service account "ci" has no maintainer any more';
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      [app.root.email, orphaned],
      [boss.email, orphaned],
      ['ada@example.com', 'API token "deploy" was transferred'],
      [app.root.email, subject],
      [boss.email, subject],
    ]);
    const text = mails[3]?.text ?? '';
    expect(text).toContain('because no enabled member maintains that account');
    // A superuser may rotate the token only after they have made somebody a maintainer, perhaps themselves.
    const add = 'service-accounts edit ci --add-maintainer EMAIL';
    expect(text.indexOf(add)).toBeGreaterThan(0);
    expect(text.indexOf('tokens rotate deploy --service-account ci')).toBeGreaterThan(text.indexOf(add));
    expect(text.split(add)).toHaveLength(2);
  });

  it('reminds the maintainers before a token ends that had no expiry', async () => {
    const never = await usedToken({ name: 'never', expires_in: null });
    await offboard({ transfer_to: 'ci', grace: 20 * 24 * 60 * 60 });
    app.clock.advance(10 * dayMs);
    await use(never);
    const mails = await mailsOf(() => app.services.tokenNotices.run(new AbortController().signal));
    expect(mails.map(({ to }) => to)).toEqual([app.dev.email]);
    expect(mails[0]?.text).toContain('tokens rotate never');
    expect(mails[0]?.text).not.toContain('tokens edit');
    expect(mails[0]?.text).toContain('cannot be extended, because its former owner knows the value');
  });

  it('does all or nothing', async () => {
    const [one, two] = [await usedToken({ name: 'one' }), await usedToken({ name: 'two' })];
    const before = [await story(), await app.mails()];
    const full = app.restart({ maxTokensPerUser: 1 });
    const response = await full.ask(path(ada.id), { as: app.root, json: { transfer_to: 'ci' } });
    expect(await codeOf(response)).toEqual([409, 'token-limit']);
    const disable = (disabled: boolean) =>
      app.ask(`/api/v1/service-accounts/${ci.id}`, { method: 'PATCH', as: app.root, json: { disabled } });
    for (const { token } of [one, two]) expect(await verdict(app, token)).toBe(200);
    expect([await story(), await app.mails()]).toEqual(before);
    expect((await app.ask('/api/v1/me', { as: ada })).status).toBe(200);
    await disable(true);
    expect(await codeOf(await offboard({ transfer_to: 'ci' }))).toEqual([409, 'service-account-disabled']);
    expect(await codeOf(await offboard({ transfer_to: 'nothing' }))).toEqual([404, 'service-account-not-found']);
    expect(await verdict(app, one.token)).toBe(200);
  });

  it('revives no token that was rejected before', async () => {
    const token = await usedToken({ name: 'deploy' });
    await app.ask(`/api/v1/users/${ada.id}`, { method: 'PATCH', as: app.root, json: { disabled: true } });
    expect(await jsonOf(await offboard({ transfer_to: 'ci' }))).toEqual({ transferred: 0, revoked: 1, known: [] });
    expect(await verdict(app, token.token)).toBe('revoked');
  });
});

describe('an offboarding by a management key', () => {
  it('needs tokens:write too for a transfer, spares superusers, and gives nothing to its own account', async () => {
    const platform = await storeServiceAccount(app, 'platform');
    const [users, both] = [
      await storeKey(app, platform, ['users:write'], { name: 'users' }),
      await storeKey(app, platform, ['users:write', 'tokens:write'], { name: 'both' }),
    ];
    const token = await usedToken({ name: 'deploy' });
    const by = (json: object, { headers } = both, { id } = ada) => app.ask(path(id), { headers, json });
    expect(await codeOf(await by({ transfer_to: 'ci' }, users))).toEqual([403, 'scope-missing']);
    expect(await codeOf(await by({ transfer_to: 'platform' }))).toEqual([403, 'not-for-keys']);
    expect(await codeOf(await by({}, both, app.root))).toEqual([403, 'not-for-keys']);
    expect(await codeOf(await by({ transfer_to: 'ci' }, both, app.root))).toEqual([403, 'not-for-keys']);
    expect(await verdict(app, token.token)).toBe(200);
    expect(await jsonOf(await by({ transfer_to: 'ci' }))).toEqual({ transferred: 1, revoked: 0, known: [] });
    expect(await jsonOf(await by({}, users, app.dev))).toEqual({ transferred: 0, revoked: 0, known: null });
    const [transferred, disabled] = (await story()).slice(-3, -1);
    for (const event of [transferred, disabled]) {
      expect(event?.actor).toMatchObject({ email: 'service-account:platform', token: 'both' });
    }
  });
});
