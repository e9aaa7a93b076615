import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, type TestKey } from '../../helpers/app/management-key.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole } from '../../helpers/console/pages.ts';

const day = 24 * 60 * 60;

let app: TestApp;
/** A superuser and an ordinary member, who both maintain the account of the key. */
let boss: Member;
let maintainer: Member;
let key: TestKey;
beforeEach(async () => {
  app = await openTestApp();
  boss = await app.addMember({ email: 'boss@example.com', superuser: true });
  maintainer = await app.addMember({ email: 'maintainer@example.com' });
  await createServiceAccount(app, 'platform', { maintainers: [boss, maintainer] });
  const account = await app.store.serviceAccounts.findByName('platform');
  if (account === null) throw new Error('There is no service account.');
  key = await storeKey(app, account, ['apps']);
});
afterEach(() => app.close());

const change = async (as: Member, deed: 'pause' | 'resume', json: object = {}) => {
  const response = await app.ask(`/api/v1/tokens/${key.id}/${deed}`, { as, method: 'POST', json });
  return [response.status, (await jsonOf(response)).code ?? null];
};
const works = async () => (await app.ask('/api/v1/apps', { headers: key.headers })).status === 200;
const done = [200, null];
const refused = [403, 'superuser-required'];

describe('a management key that is paused', () => {
  it('is resumed by no maintainer, even by the one who paused it', async () => {
    expect(await change(maintainer, 'pause')).toEqual(done);
    expect(await change(maintainer, 'resume')).toEqual(refused);
    expect(await works()).toBe(false);
    expect(await change(app.root, 'resume')).toEqual(done);
    expect(await works()).toBe(true);
  });

  it('stays paused by a superuser who maintains its account as well', async () => {
    expect(await change(boss, 'pause')).toEqual(done);
    expect(await app.store.tokens.findById(key.id)).toMatchObject({ pausedBySuperuser: true });
    expect(await change(maintainer, 'resume')).toEqual(refused);
    expect(await change(maintainer, 'pause')).toEqual([403, 'paused-by-superuser']);
    expect(await works()).toBe(false);
    expect(await change(boss, 'resume')).toEqual(done);
  });

  it('gets no earlier end of its pause from a maintainer, who could else resume it so', async () => {
    expect(await change(maintainer, 'pause', { for: day })).toEqual(done);
    expect(await change(maintainer, 'pause', { for: 60 })).toEqual(refused);
    expect(await change(maintainer, 'pause')).toEqual(done);
    expect(await change(maintainer, 'pause', { for: day })).toEqual(refused);
    expect(await works()).toBe(false);
    expect(await change(app.root, 'pause', { for: 60 })).toEqual(done);
    app.clock.advance(61_000);
    expect(await works()).toBe(true);
  });

  it('shows the button that resumes it to superusers only', async () => {
    await change(maintainer, 'pause');
    const resumable = async (member: Member) =>
      (await openConsole(app, member).get(`/profile/api-tokens/${key.id}`)).html.includes('dialog=resume');
    expect([await resumable(maintainer), await resumable(app.root)]).toEqual([false, true]);
  });
});

it('revives no idle management key for a maintainer', async () => {
  await app.close();
  app = await openTestApp({ maxIdle: 30 * day });
  maintainer = await app.addMember({ email: 'maintainer@example.com' });
  await createServiceAccount(app, 'platform', { maintainers: [maintainer] });
  const account = await app.store.serviceAccounts.findByName('platform');
  if (account === null) throw new Error('There is no service account.');
  key = await storeKey(app, account, ['apps']);
  app.clock.advance(40 * day * 1000);
  maintainer.session = await app.signIn(maintainer.id);
  expect(await works()).toBe(false);
  expect(await change(maintainer, 'resume')).toEqual(refused);
  expect(await works()).toBe(false);
});
