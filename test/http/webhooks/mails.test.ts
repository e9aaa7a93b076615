import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedWebhook } from '../../../shared/schemas/webhooks.ts';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { unwrapped } from '../../helpers/app/token-mails.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
  await app.addMember({ email: 'second@example.com', superuser: true });
});
afterEach(() => app.close());

const ask = (path: string, method: string, json?: object) =>
  app.ask(`/api/v1/webhooks${path}`, { as: app.root, method, ...(json && { json }) });
const url = 'https://hooks.example.com/services/T0SECRETPATH';
const create = async (changes: object = {}): Promise<CreatedWebhook> =>
  jsonOf(ask('', 'POST', { url, events: ['token.*', 'session.failed'], ...changes }));

const everySuperuser = ['root@example.com', 'second@example.com'];

/** Returns the mails about webhooks that `work` causes. */
async function mailsOf(work: () => Promise<unknown>) {
  const before = new Set((await app.mails()).map(({ id }) => id));
  await work();
  const sent = (await app.mails()).filter(({ id, subject }) => !before.has(id) && subject.includes('webhook'));
  return sent.map(({ to, subject, text, html }) => ({ to, subject, text, html }));
}

const subjectsOf = async (work: () => Promise<unknown>) => {
  const mails = await mailsOf(work);
  if (mails.length > 0) expect(mails.map(({ to }) => to).sort()).toEqual(everySuperuser);
  return [...new Set(mails.map(({ subject }) => subject))];
};

describe('the mails about a webhook', () => {
  it('go to all superusers when it is created, changed or deleted, or its secret is rotated', async () => {
    expect(await subjectsOf(create)).toEqual(['A webhook was created']);
    const id = (await app.store.webhooks.list({ limit: 1, before: null }))[0]?.id;
    const changes = [
      { url: 'https://other.example.com/' },
      { events: ['*'] },
      { format: 'slack' },
      { disabled: true },
      { disabled: false },
    ];
    for (const change of changes) {
      expect([change, await subjectsOf(() => ask(`/${id}`, 'PATCH', change))]).toEqual([
        change,
        ['A webhook was changed'],
      ]);
    }
    expect(await subjectsOf(() => ask(`/${id}/secret`, 'POST'))).toEqual(['The secret of a webhook was replaced']);
    expect(await subjectsOf(() => ask(`/${id}`, 'DELETE'))).toEqual(['A webhook was deleted']);
  });

  it('are not sent for the description alone, nor for a change that is none or that fails', async () => {
    const { id } = await create();
    const attempts = [{ description: 'SIEM' }, { url }, { disabled: false }, { url: 'https://10.0.0.1/' }];
    for (const attempt of attempts) expect(await mailsOf(() => ask(`/${id}`, 'PATCH', attempt))).toEqual([]);
  });

  it('say where events go, which, who decided it and from where, and never show a path or a secret', async () => {
    const all = await mailsOf(async () => {
      const { id } = await create({ description: 'Alerts' });
      await ask(`/${id}`, 'PATCH', { url: 'https://evil.example.org/T1SECRETPATH' });
      await ask(`/${id}/secret`, 'POST');
    });
    expect(all).toHaveLength(6);
    for (const { text, html } of all) {
      expect(text + html).not.toMatch(/SECRETPATH|whsec_/);
      for (const line of [/^ +Events +session\.failed, token\.\*$/m, /^ +Description +Alerts$/m, /^ +By +root@/m]) {
        expect(text).toMatch(line);
      }
      for (const part of ['203.0.113.9', 'User agent', 'tokens webhooks edit ']) expect(text).toContain(part);
    }
    const changed = all.find(({ subject }) => subject === 'A webhook was changed')?.text;
    for (const line of [/Receiver +https\[:\]\/\/evil/, /Former receiver +https\[:\]\/\/hooks/, /Changed +URL/])
      expect(changed).toMatch(line);
  });

  it('name the management key that did it', async () => {
    const key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['webhooks'], { name: 'terraform' });
    const json = { url, events: ['*'] };
    const [mail] = await mailsOf(() => app.ask('/api/v1/webhooks', { headers: key.headers, json }));
    expect(unwrapped(mail?.text ?? '')).toContain('service-account:platform (management key terraform)');
  });

  it('say that a disabled webhook gets nothing', async () => {
    const { id } = await create();
    const [mail] = await mailsOf(() => ask(`/${id}`, 'PATCH', { disabled: true }));
    expect(unwrapped(mail?.text ?? '')).toContain('It is disabled, so its receiver gets no events.');
  });
});
