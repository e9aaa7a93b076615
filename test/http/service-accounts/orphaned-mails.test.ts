import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { unwrapped } from '../../helpers/app/token-mails.ts';

let app: TestApp;
let ada: Member;
let grace: Member;
/** The ID of the service account ci, which ada and grace maintain. */
let ci: string;
beforeEach(async () => {
  app = await openTestApp();
  ada = await app.addMember({ email: 'ada@example.com', name: 'Ada' });
  grace = await app.addMember({ email: 'grace@example.com' });
  ci = (await createServiceAccount(app, 'ci', { maintainers: [ada, grace] })).id;
});
afterEach(() => app.close());

const send = (method: string, path: string, json?: object, as = app.root) =>
  app.ask(`/api/v1${path}`, { as, method, ...(json && { json }) });
const edit = (json: object, as?: Member) => send('PATCH', `/service-accounts/${ci}`, json, as);

/** Returns the mails about orphaned accounts that `work` causes. */
async function mailsOf(work: () => Promise<unknown>) {
  const before = new Set((await app.mails()).map(({ id }) => id));
  await work();
  const sent = (await app.mails()).filter(({ id, subject }) => !before.has(id) && subject.includes('no maintainer'));
  return sent.map(({ to, subject, text }) => ({ to, subject, text: unwrapped(text) }));
}

/** What takes grace's part away, and the reason that the mail gives. */
const endings: Array<[what: string, reason: string, work: () => Promise<Response>]> = [
  ['is removed', 'removed', () => edit({ remove_maintainers: [grace.email] })],
  ['is replaced by nobody', 'removed', () => edit({ maintainers: [] })],
  ['leaves', 'removed', () => edit({ remove_maintainers: [grace.email] }, grace)],
  ['is disabled', 'disabled', () => send('PATCH', `/users/${grace.id}`, { disabled: true })],
  ['is offboarded', 'disabled', () => send('POST', `/users/${grace.id}/offboard`, {})],
  ['is deleted', 'deleted', () => send('DELETE', `/users/${grace.id}`)],
];

describe('the mail about a service account without a maintainer', () => {
  it.each(endings)('goes to all superusers when the last one %s', async (_what, reason, work) => {
    await app.addMember({ email: 'second@example.com', superuser: true });
    expect(await mailsOf(() => edit({ remove_maintainers: [ada.email] }))).toEqual([]);
    const mails = await mailsOf(async () => expect((await work()).status).toBeLessThan(300));
    expect(mails.map(({ to }) => to).sort()).toEqual(['root@example.com', 'second@example.com']);
    for (const { subject, text } of mails) {
      expect(subject).toBe('Service account "ci" has no maintainer any more');
      expect(text).toContain(`Reason The last maintainer was ${reason}`.replace('Reason ', ''));
      expect(text).toContain('tokens service-accounts edit ci --add-maintainer EMAIL');
      expect(text).toContain(`/organization/service-accounts/${ci}`);
      if (reason === 'deleted') expect(text).not.toContain('grace@');
    }
  });

  it('counts only enabled maintainers', async () => {
    expect(await mailsOf(() => send('PATCH', `/users/${ada.id}`, { disabled: true }))).toEqual([]);
    expect(await mailsOf(() => edit({ remove_maintainers: [grace.email] }))).toHaveLength(1);
    expect(await mailsOf(() => edit({ remove_maintainers: [ada.email] }))).toEqual([]);
  });

  it('is not sent when the account stays orphaned, is maintained again or is deleted', async () => {
    await edit({ maintainers: [] });
    const quiet = [
      () => edit({ description: 'Builds' }),
      () => edit({ add_maintainers: [ada.email] }),
      () => send('PATCH', `/users/${grace.id}`, { disabled: true }),
      () => edit({ maintainers: [app.root.email] }),
      () => send('DELETE', `/service-accounts/${ci}`),
    ];
    for (const work of quiet) expect(await mailsOf(work)).toEqual([]);
  });

  it('is one for all accounts of a member', async () => {
    for (const name of ['deploy', 'audit']) await createServiceAccount(app, name, { maintainers: [grace] });
    await createServiceAccount(app, 'kept', { maintainers: [ada, grace] });
    await edit({ remove_maintainers: [ada.email] });
    const [mail, ...more] = await mailsOf(() => send('DELETE', `/users/${grace.id}`));
    expect(more).toEqual([]);
    expect(mail?.subject).toBe('3 service accounts have no maintainer any more');
    expect(mail?.text).toMatch(/audit\W+ci\W+deploy/);
    expect(mail?.text).not.toContain('kept');
    expect(mail?.text).toContain('/organization/service-accounts?orphaned=true');
  });

  it('names the management key that removed the maintainer', async () => {
    const key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['service-accounts'], {
      name: 'terraform',
    });
    const path = `/api/v1/service-accounts/${ci}`;
    const work = () => app.ask(path, { method: 'PATCH', headers: key.headers, json: { maintainers: [] } });
    expect((await mailsOf(work))[0]?.text).toContain('service-account:platform (management key terraform)');
  });
});
