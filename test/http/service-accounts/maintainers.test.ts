import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceAccount } from '../../../shared/schemas/accounts/service-accounts.ts';
import { jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { unwrapped } from '../../helpers/app/token-mails.ts';

let app: TestApp;
let ada: Member;
let grace: Member;
let account: ServiceAccount;
beforeEach(async () => {
  app = await openTestApp();
  ada = await app.addMember({ email: 'ada@example.com', name: 'Ada' });
  grace = await app.addMember({ email: 'grace@example.com' });
  account = await createServiceAccount(app, 'ci', { maintainers: [ada, grace] });
});
afterEach(() => app.close());

const ask = (json: object, { as = app.root, ...options }: { as?: Member; headers?: Record<string, string> } = {}) =>
  app.ask(`/api/v1/service-accounts/${account.id}`, {
    method: 'PATCH',
    json,
    ...(options.headers ? options : { as }),
  });

/** Returns the mails that `work` causes, by recipient, with their text on one line. */
async function mailsOf(work: () => Promise<unknown>): Promise<Array<[to: string, subject: string, text: string]>> {
  const before = new Set((await app.mails()).map(({ id }) => id));
  await work();
  const sent = (await app.mails()).filter(({ id }) => !before.has(id));
  return sent
    .map(({ to, subject, text }): [string, string, string] => [to, subject, unwrapped(text)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const subjects = {
  added: 'You now maintain service account "ci"',
  removed: 'You no longer maintain service account "ci"',
  kept: 'Maintainers of service account "ci" were changed',
};

describe('a change of maintainers', () => {
  it('is mailed once to each who was removed, was added or stays', async () => {
    const mails = await mailsOf(() => ask({ add_maintainers: [app.dev.email], remove_maintainers: [ada.email] }));
    expect(mails.map(([to, subject]) => [to, subject])).toEqual([
      [ada.email, subjects.removed],
      [app.dev.email, subjects.added],
      [grace.email, subjects.kept],
    ]);
    const [removed = '', added = '', kept = ''] = mails.map(([, , text]) => text);
    for (const text of [removed, added, kept]) {
      expect(text).toMatch(/Changed by +root@example\.com/);
      expect(text).toMatch(/Time +\d{4}-\d\d-\d\d/);
      expect(text).toMatch(/IP address +\S+/);
      expect(text).toMatch(/User agent +\S+/);
    }
    expect(removed).toContain('Hello Ada,');
    // They may maintain nothing else, and then they cannot open the list.
    expect(removed).not.toContain('/organization/service-accounts');
    // Someone who no longer maintains the service account does not learn who does.
    expect(removed).not.toMatch(/dev@example|grace@example/);
    for (const text of [added, kept]) {
      expect(text).toContain(`/organization/service-accounts/${account.id}`);
      expect(text).toMatch(/Added +dev@example\.com/);
      expect(text).toMatch(/Removed +ada@example\.com/);
    }
  });

  it('is mailed for a list that replaces the present one, and by a maintainer', async () => {
    const mails = await mailsOf(() => ask({ maintainers: [grace.email] }, { as: ada }));
    expect(mails.map(([to, subject]) => [to, subject])).toEqual([
      [ada.email, subjects.removed],
      [grace.email, subjects.kept],
    ]);
    expect(mails[0]?.[2]).toMatch(/Changed by +you \(ada@example\.com\)/);
    expect(mails[0]?.[2]).toContain("If this wasn't you");
    expect(mails[1]?.[2]).toMatch(/Changed by +ada@example\.com/);
    expect(mails[1]?.[2]).toContain('tokens service-accounts edit ci --remove-maintainer EMAIL');
  });

  it('is mailed when the service account is created, but not to disabled members', async () => {
    await app.ask(`/api/v1/users/${grace.id}`, { method: 'PATCH', as: app.root, json: { disabled: true } });
    const mails = await mailsOf(() => createServiceAccount(app, 'other', { maintainers: [ada, grace] }));
    expect(mails.map(([to, subject]) => [to, subject])).toEqual([
      [ada.email, 'You now maintain service account "other"'],
    ]);
  });

  it('is not mailed if nobody was added or removed, or the change was refused', async () => {
    const mails = await mailsOf(async () => {
      await ask({ description: 'Deploys' });
      await ask({ maintainers: [ada.email, grace.email] });
      await ask({ add_maintainers: ['ADA@example.com'] });
      await ask({ add_maintainers: [app.dev.email, 'nobody@example.com'] });
    });
    expect(mails).toEqual([]);
  });
});

describe('a maintainer who adds members', () => {
  const detailOf = async (response: Response) => {
    const { detail, errors } = await jsonOf<{ detail: string; errors: unknown[] }>(response);
    return { status: response.status, detail, errors: errors.length };
  };

  it.each(['add_maintainers', 'maintainers'])(
    'adds one per request, and learns nothing from more in %s',
    async (field) => {
      const present = field === 'maintainers' ? [ada.email, grace.email] : [];
      const refusals = [];
      for (const emails of [
        ['dev@example.com', 'nobody@example.com'],
        ['nobody@example.com', 'none@example.com'],
      ]) {
        const response = await ask({ [field]: [...present, ...emails] }, { as: ada });
        refusals.push(await detailOf(response));
      }
      const detail = 'Only Organization Superusers can add several maintainers at once. Add one per request.';
      expect(refusals).toEqual([
        { status: 400, detail, errors: 1 },
        { status: 400, detail, errors: 1 },
      ]);
      const unknown = await ask({ [field]: [...present, 'nobody@example.com'] }, { as: ada });
      expect(await detailOf(unknown)).toMatchObject({ status: 400, detail: expect.stringContaining('nobody@') });
      expect((await ask({ [field]: [...present, 'DEV@example.com'] }, { as: ada })).status).toBe(200);
    },
  );

  it('may name any number of members who maintain it already', async () => {
    const response = await ask({ add_maintainers: [ada.email, grace.email, app.dev.email] }, { as: ada });
    expect(response.status).toBe(200);
  });

  it('is limited unlike superusers and management keys', async () => {
    const key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['service-accounts']);
    const json = { maintainers: [app.dev.email, app.root.email] };
    expect((await ask(json, { headers: key.headers })).status).toBe(200);
    expect((await ask({ maintainers: [ada.email, grace.email] })).status).toBe(200);
  });
});
