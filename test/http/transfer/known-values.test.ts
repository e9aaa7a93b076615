import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limits } from '../../../shared/limits.ts';
import type { OffboardedUser } from '../../../shared/schemas/accounts/offboarding.ts';
import type { CreatedToken, Token } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf, type Member, openTestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { addToken, auditRecord } from '../../store/contract/records.ts';

const day = 24 * 60 * 60;

let app: Awaited<ReturnType<typeof openTestApp>>;
/** A superuser who leaves. */
let bob: Member;
beforeEach(async () => {
  app = await openTestApp();
  bob = await app.addMember({ email: 'bob@example.com', can_manage_tokens: true, superuser: true });
  await createServiceAccount(app, 'ci', { maintainers: [app.dev, bob] });
});
afterEach(() => app.close());

const send = (path: string, json: object, as: Member) => app.ask(`/api/v1${path}`, { as, json });
const rotate = (id: string, as: Member) => jsonOf<CreatedToken>(send(`/tokens/${id}/rotate`, {}, as));
const offboard = (json: object = {}) => jsonOf<OffboardedUser>(send(`/users/${bob.id}/offboard`, json, app.root));
const namesOf = (tokens: ReadonlyArray<{ name: string }> | null | undefined) => tokens?.map(({ name }) => name).sort();
const listed = async (as: Member, query = `known_to=${bob.email}`) =>
  jsonOf<{ items: Token[]; code?: string }>(app.ask(`/api/v1/tokens?${query}`, { as }));

/** Creates tokens of service accounts of which Bob knows four. */
async function prepare() {
  const transferred = await createToken(app, bob, { name: 'transferred' });
  await send(`/tokens/${transferred.id}/transfer`, { to: 'ci' }, bob);
  await createAccountToken(app, bob, 'ci', { name: 'created' });
  const rotated = await createAccountToken(app, app.dev, 'ci', { name: 'rotated' });
  await rotate(rotated.id, bob);
  await createServiceAccount(app, 'platform', { maintainers: [app.dev] });
  const key = { name: 'terraform', service_account: 'platform', manage: ['apps'], expires_in: day };
  expect((await send('/tokens', key, bob)).status).toBe(201);
  // Nobody else knows these: another member has rotated or created them, or they have expired.
  const safe = await createAccountToken(app, bob, 'ci', { name: 'rotated since' });
  await rotate(safe.id, app.dev);
  await createAccountToken(app, app.dev, 'ci', { name: 'of dev' });
  await createAccountToken(app, bob, 'ci', { name: 'expired', expires_in: 1 });
  // Its value never works.
  await createAccountToken(app, bob, 'ci', { name: 'canary', canary: true });
  await createToken(app, bob, { name: 'own' });
  app.clock.advance(1000);
}

/** Adds a token of a service account that Bob created. */
async function addKnown(accountId: string) {
  const { id, createdAt: at } = await addToken(app.store, accountId, { createdAt: app.clock.now() });
  const actor = { kind: 'user', id: bob.id, email: bob.email } as const;
  const target = { kind: 'token', id, name: 'deploy' } as const;
  await app.store.audit.insert(auditRecord({ action: 'token.created', at, actor, target, ownerId: accountId }));
}

const known = ['created', 'rotated', 'terraform', 'transferred'];

describe('the values that a member who leaves knows', () => {
  it('are in the result of the offboarding, in that of the list and in the preview of the console', async () => {
    await prepare();
    expect(namesOf((await listed(app.root)).items)).toEqual(known);
    const { html } = await openConsole(app, app.root).get(`/organization/team/${bob.id}?dialog=offboard`);
    const text = textOf(html);
    const part = text.slice(text.indexOf('Not changed, although'));
    for (const name of known) expect(part).toContain(name);
    for (const name of ['rotated since', 'of dev', 'expired', 'canary', 'own']) expect(part).not.toContain(name);
    const result = await offboard({ transfer_to: 'ci' });
    expect(result).toMatchObject({ transferred: 0, revoked: 1 });
    expect(namesOf(result.known)).toEqual(known);
    expect(result.known).toContainEqual(
      expect.objectContaining({ name: 'terraform', owner: 'service-account:platform', manage: ['apps'] }),
    );
    expect(namesOf((await listed(app.root)).items)).toEqual(known);
  });

  it('are mailed to the maintainers, and to superusers if only they may rotate the token', async () => {
    await prepare();
    const before = (await app.mails()).length;
    await offboard();
    const mails = (await app.mails()).slice(before).filter(({ subject }) => subject.includes('left and knows'));
    const textTo = (to: string) =>
      mails.filter((mail) => mail.to === to).map(({ text }) => text.replaceAll(/\s+/g, ' '));
    expect(mails.map(({ to }) => to).sort()).toEqual([app.dev.email, app.root.email]);
    const [[toDev = ''], [toRoot = '']] = [textTo(app.dev.email), textTo(app.root.email)];
    for (const name of ['created', 'rotated', 'transferred']) {
      expect(toDev).toContain(`tokens rotate ${name} --service-account ci`);
    }
    expect(toDev).not.toContain('terraform');
    expect(toRoot).toContain('tokens rotate terraform --service-account platform');
    expect(toRoot).not.toContain('tokens rotate created');
  });

  it('are mailed to superusers with the step that makes a rotation possible if nobody else maintains the account', async () => {
    await createServiceAccount(app, 'solo', { maintainers: [bob] });
    await createAccountToken(app, bob, 'solo', { name: 'deploy' });
    const before = (await app.mails()).length;
    await offboard();
    const mail = (await app.mails()).slice(before).find(({ subject }) => subject.includes('left and knows'));
    expect(mail?.to).toBe(app.root.email);
    const text = mail?.text.replaceAll(/\s+/g, ' ') ?? '';
    expect(text.indexOf('service-accounts edit solo --add-maintainer EMAIL')).toBeGreaterThan(0);
    expect(text.indexOf('service-accounts edit solo')).toBeLessThan(text.indexOf('tokens rotate deploy'));
  });

  it('are mailed with the command that fits each token to a superuser who also maintains a service account', async () => {
    await createServiceAccount(app, 'shared', { maintainers: [app.root, bob] });
    await createServiceAccount(app, 'solo', { maintainers: [bob] });
    for (const [account, name] of Object.entries({ shared: 'first', solo: 'deploy' })) {
      await createAccountToken(app, bob, account, { name });
    }
    await createAccountToken(app, bob, 'shared', { name: 'last' });
    const before = (await app.mails()).length;
    await offboard();
    const mails = (await app.mails()).slice(before).filter(({ subject }) => subject.includes('left and knows'));
    expect(mails.map(({ to }) => to)).toEqual([app.root.email]);
    const commands = mails[0]?.text.match(/^ +tokens .*/gm)?.map((line) => line.trim());
    expect(commands).toEqual([
      'tokens rotate last --service-account shared',
      'tokens service-accounts edit solo --add-maintainer EMAIL',
      'tokens rotate deploy --service-account solo',
      'tokens rotate first --service-account shared',
    ]);
  });

  it('are all mailed, however many there are, and the newest 100 are in the result', async () => {
    const eve = await app.addMember({ email: 'eve@example.com' });
    const [first, many] = [
      await createServiceAccount(app, 'first', { maintainers: [eve] }),
      await createServiceAccount(app, 'many', { maintainers: [app.dev] }),
    ];
    await addKnown(first.id);
    for (let added = 0; added < limits.maxPageSize; added += 1) await addKnown(many.id);
    const { html } = await openConsole(app, app.root).get(`/organization/team/${bob.id}?dialog=offboard`);
    expect(textOf(html)).toMatch(/knows the values \(at least 100\)/);
    expect(textOf(html)).toContain('These are the newest 100. Open in All tokens');
    expect(html).toContain('href="/organization/tokens?known_to=bob%40example.com"');
    const before = (await app.mails()).length;
    expect((await offboard()).known).toHaveLength(100);
    const mails = (await app.mails()).slice(before).filter(({ subject }) => subject.includes('left and knows'));
    expect(mails.map(({ to, subject }) => ({ to, subject }))).toEqual(
      expect.arrayContaining([
        { to: eve.email, subject: 'bob@example.com left and knows an API token of a service account' },
        { to: app.dev.email, subject: 'bob@example.com left and knows 200 API tokens of service accounts' },
      ]),
    );
    const text = mails.find(({ to }) => to === app.dev.email)?.text ?? '';
    expect(text).toContain('Tokens of many:');
    expect(text.match(/^ {2}\* /gm)).toHaveLength(200);
    expect(text).toContain('tokens rotate PREFIX --service-account SERVICE-ACCOUNT');
    expect(text).not.toContain('--add-maintainer');
  });

  it('are listed for nobody else, page by page', async () => {
    await prepare();
    expect((await listed(app.dev)).code).toBe('superuser-required');
    expect((await listed(app.root, `known_to=${bob.id}&all=true`)).code).toBe('invalid-fields');
    expect((await listed(app.root, 'known_to=nobody@example.com')).code).toBe('user-not-found');
    const first = await jsonOf<{ items: Token[]; next_cursor: string }>(
      app.ask(`/api/v1/tokens?known_to=${bob.id}&limit=3`, { as: app.root }),
    );
    const rest = await listed(app.root, `known_to=${bob.id}&limit=3&cursor=${first.next_cursor}`);
    expect(namesOf([...first.items, ...rest.items])).toEqual(known);
  });

  it('are not told to a management key that may not read tokens', async () => {
    const eve = await app.addMember({ email: 'eve@example.com', can_manage_tokens: true });
    const platform = await storeServiceAccount(app, 'robots');
    const { headers } = await storeKey(app, platform, ['users:write']);
    const json = {};
    const response = await app.ask(`/api/v1/users/${eve.id}/offboard`, { headers, json });
    expect(await jsonOf(response)).toEqual({ transferred: 0, revoked: 0, known: null });
  });
});
