import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MailRecord } from '../../../server/store/records.ts';
import { jsonOf, type Member, openTestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { unwrapped } from '../../helpers/app/token-mails.ts';

const day = 24 * 60 * 60 * 1000;
let app: Awaited<ReturnType<typeof openTestApp>>;
let ada: Member;
let grace: Member;
beforeEach(async () => {
  app = await openTestApp();
  ada = await app.addMember({ email: 'ada@example.com', name: 'Ada' });
  grace = await app.addMember({ email: 'grace@example.com' });
  await createServiceAccount(app, 'ci', { maintainers: [ada, grace] });
});
afterEach(() => app.close());

const ask = (as: Member, path: string, json: object = {}) => app.ask(`/api/v1${path}`, { as, json });

/** Returns the mails that `work` causes, with their text on one line. */
async function mailsOf(work: () => Promise<unknown>): Promise<Array<Pick<MailRecord, 'to' | 'subject' | 'text'>>> {
  const before = new Set((await app.mails()).map(({ id }) => id));
  await work();
  const sent = (await app.mails()).filter(({ id }) => !before.has(id));
  return sent.map(({ to, subject, text }) => ({ to, subject, text: unwrapped(text) }));
}

const both = ['ada@example.com', 'grace@example.com'];
const everySuperuser = ['root@example.com'];
const recipients = (mails: ReadonlyArray<{ to: string }>) => mails.map(({ to }) => to).sort();

/** Every change of a token that mails its owner, in an order in which each succeeds. */
const changes: Array<[what: string, change: (id: string) => Promise<unknown>, to: string[]]> = [
  ['extended', (id) => app.ask(`/api/v1/tokens/${id}`, { method: 'PATCH', as: ada, json: { expires_in: 9e6 } }), both],
  [
    'may do more',
    async (id) => {
      for (const read_only of [true, false])
        await app.ask(`/api/v1/tokens/${id}`, { method: 'PATCH', as: ada, json: { read_only } });
    },
    both,
  ],
  ['rotated', (id) => ask(ada, `/tokens/${id}/rotate`), both],
  ['paused', (id) => ask(app.root, `/tokens/${id}/pause`), both],
  ['resumed', (id) => ask(app.root, `/tokens/${id}/resume`), both],
  // Who pauses a token knows it. The others do not.
  ['paused', (id) => ask(ada, `/tokens/${id}/pause`), ['grace@example.com']],
  ['resumed', (id) => ask(ada, `/tokens/${id}/resume`), ['grace@example.com']],
  ['revoked', (id) => app.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', as: app.root }), both],
];

describe('mails about a token of a service account', () => {
  it('go to all enabled maintainers, and say whose token it is, who did it, and why they get the mail', async () => {
    const mails = await mailsOf(() => createAccountToken(app, ada, 'ci', { name: 'deploy', expires_in: 8e6 }));
    expect(recipients(mails)).toEqual(both);
    for (const { to, subject, text } of mails) {
      expect(subject).toBe('API token "deploy" was created');
      expect(text).toContain(
        'An API token was created for the service account ci. Anyone who has its value can act as it.',
      );
      expect(text).toContain('tokens revoke deploy --service-account ci');
      expect(text).toContain('You get it because you maintain that account.');
      expect(text).toMatch(to === 'ada@example.com' ? /Created by +you \(ada@/ : /Created by +ada@/);
      expect(text).not.toMatch(/personal|your account|Change your password/);
    }
    expect(mails.map(({ text }) => text.slice(0, 10)).sort()).toEqual(['Hello Ada,', 'Hello, An ']);
  });

  it('go to all maintainers about every change', async () => {
    const { id } = await createAccountToken(app, ada, 'ci', { name: 'deploy', expires_in: 8e6 });
    for (const [what, change, to] of changes) {
      const mails = await mailsOf(() => change(id));
      expect([what, recipients(mails)]).toEqual([what, to]);
      for (const { subject, text } of mails) {
        expect(subject).toContain(what);
        expect(text).toContain('API token of the service account ci');
        expect(text).toContain('You get it because you maintain that account.');
        expect(text).not.toMatch(/personal|your account|Change your password/);
      }
    }
  });

  it('leave out a disabled maintainer, and go to all superusers once none is left', async () => {
    const patch = (id: string, json: object) => app.ask(`/api/v1/users/${id}`, { method: 'PATCH', as: app.root, json });
    await patch(ada.id, { disabled: true });
    const left = await mailsOf(() => createAccountToken(app, app.root, 'ci', { name: 'one' }));
    expect(recipients(left)).toEqual(['grace@example.com']);
    await patch(grace.id, { disabled: true });
    await app.addMember({ email: 'boss@example.com', superuser: true });
    const mails = await mailsOf(() => createAccountToken(app, app.root, 'ci', { name: 'two' }));
    expect(recipients(mails)).toEqual(['boss@example.com', ...everySuperuser]);
    for (const { text } of mails) {
      expect(text).toContain('as an Organization Superuser, because no enabled member maintains that account');
      expect(text).toContain('tokens service-accounts edit ci --add-maintainer EMAIL');
    }
    await patch(grace.id, { disabled: false });
    const again = await mailsOf(() => createAccountToken(app, app.root, 'ci', { name: 'three' }));
    expect(recipients(again)).toEqual(['grace@example.com']);
  });

  it('name the expiring tokens of each service account once a day', async () => {
    await createServiceAccount(app, 'other', { maintainers: [ada] });
    for (const [index, account] of ['ci', 'ci', 'other'].entries())
      await createAccountToken(app, ada, account, { name: `t${index}`, expires_in: (30 * day) / 1000 });
    app.clock.advance(25 * day);
    const run = () => app.services.tokenNotices.run(new AbortController().signal);
    const mails = await mailsOf(run);
    expect(recipients(mails)).toEqual(['ada@example.com', ...both]);
    const [ofCi, ofOther] = ['ci', 'other'].map((name) =>
      mails.filter(({ text }) => text.includes(`service account ${name} `)),
    );
    expect(recipients(ofCi ?? [])).toEqual(both);
    expect(recipients(ofOther ?? [])).toEqual(['ada@example.com']);
    expect(ofCi?.[0]?.text).toContain('2 API tokens of the service account ci need your attention.');
    expect(ofCi?.[0]?.text).toMatch(/tokens rotate t\w+ --service-account ci/);
    expect(await mailsOf(run)).toEqual([]);
  });

  it('collect short-lived tokens of one service account into one mail', async () => {
    const first = await mailsOf(() => createAccountToken(app, ada, 'ci', { name: 'job-1', expires_in: 600 }));
    expect(recipients(first)).toEqual(both);
    const more = await mailsOf(async () => {
      for (const name of ['job-2', 'job-3']) await createAccountToken(app, ada, 'ci', { name, expires_in: 600 });
    });
    expect(more).toEqual([]);
    app.clock.advance(day);
    const mails = await mailsOf(() => app.services.shortLivedMails.run(new AbortController().signal));
    expect(recipients(mails)).toEqual(both);
    for (const { subject, text } of mails) {
      expect(subject).toBe('2 short-lived API tokens were created');
      expect(text).toContain('for the service account ci.');
      expect(text).toContain('by ada@example.com');
      expect(text).toContain('You get it because you maintain that account.');
    }
  });

  it('say that the old value is used after a rotation', async () => {
    const { id, prefix } = await createAccountToken(app, ada, 'ci', { name: 'deploy', expires_in: 8e6 });
    await ask(ada, `/tokens/${id}/rotate`, { overlap: 3600 });
    await app.store.tokens.recordUses([
      {
        tokenId: id,
        prefix,
        previous: true,
        at: app.clock.now() + 1,
        method: 'GET',
        path: '/',
        ip: null,
        userAgent: null,
      },
    ]);
    app.clock.advance(3_300_000);
    const mails = await mailsOf(app.services.notifyOfPreviousUses);
    expect(recipients(mails)).toEqual(both);
    for (const { text } of mails) {
      expect(text).toContain('An API token of the service account ci was rotated. Its old value was used after that');
      expect(text).toContain('tokens rotate deploy --finish --service-account ci');
    }
  });

  it('tell the maintainers that the service account was deleted, and name its tokens', async () => {
    for (const name of ['deploy', 'release']) await createAccountToken(app, ada, 'ci', { name, expires_in: 600 });
    const { items } = await jsonOf<{ items: Array<{ id: string }> }>(
      await app.ask('/api/v1/service-accounts', { as: app.root }),
    );
    const mails = await mailsOf(() =>
      app.ask(`/api/v1/service-accounts/${items[0]?.id}`, { method: 'DELETE', as: app.root }),
    );
    expect(recipients(mails)).toEqual(both);
    for (const { subject, text } of mails) {
      expect(subject).toBe('Service account "ci" was deleted');
      expect(text).toContain('The service account ci was deleted. Its 2 tokens were revoked, and cannot be restored.');
      for (const part of ['deploy', 'release', 'root@example.com', 'because you maintained that account'])
        expect(text).toContain(part);
    }
  });
});
