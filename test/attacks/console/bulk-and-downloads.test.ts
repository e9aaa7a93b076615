import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToken, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { formsOf, openConsole, sessionCookieName, textOf } from '../../helpers/console/pages.ts';
import { use } from '../../http/token-changes/changes.ts';
import { texts } from '../injection/payloads.ts';

const [own, all, team] = ['/profile/api-tokens', '/organization/tokens', '/organization/team'];
let app: TestApp & { close: () => Promise<void> };
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const exists = async (id: string) => (await app.store.tokens.findById(id)) !== null;
const tokenOfForm = async (browser: ReturnType<typeof openConsole>) =>
  formsOf((await browser.get('/logout')).html)[0]?.hidden.form_token ?? '';

describe('a change of many tokens', () => {
  it('never names or touches the tokens of others, and does not tell them from IDs that do not exist', async () => {
    const mine = await createToken(app, app.dev, { name: 'mine' });
    const theirs = await createToken(app, app.root, { name: 'theirs' });
    const unknown = '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b';
    const browser = openConsole(app, app.dev);
    for (const action of ['revoke', 'pause']) {
      const asked = await browser.get(`${own}/selected?action=${action}&token=${theirs.id}&token=${mine.id}`);
      expect(textOf(asked.html)).not.toContain('theirs');
      const outcomes = [];
      for (const id of [theirs.id, unknown]) {
        const form_token = await tokenOfForm(browser);
        const { status, html } = await browser.post(`${own}/selected`, { form_token, action, ids: id });
        expect(html).not.toContain('theirs');
        outcomes.push([status, textOf(html).replaceAll(id, 'ID')]);
      }
      expect(outcomes[0]).toEqual(outcomes[1]);
    }
    expect(await exists(theirs.id)).toBe(true);
    expect((await app.store.tokens.findById(theirs.id))?.pausedAt).toBeNull();
  });

  it('accepts no form without the token of this session, from another site, or for an auditor', async () => {
    const { id } = await createToken(app, app.root, { name: 'kept' });
    const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
    const [boss, thief] = [openConsole(app, app.root), openConsole(app, auditor)];
    const fields = { action: 'revoke', ids: id };
    const [ofBoss, ofThief] = [await tokenOfForm(boss), await tokenOfForm(thief)];
    const crossSite = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
    const refused = [
      await boss.post(`${all}/selected`, fields),
      await boss.post(`${all}/selected`, { ...fields, form_token: ofThief }),
      await boss.post(`${all}/selected`, { ...fields, form_token: ofBoss }, crossSite),
      await thief.post(`${all}/selected`, { ...fields, form_token: ofThief }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(await exists(id)).toBe(true);
  });

  it('rejects IDs that are too many or no IDs, and changes nothing', async () => {
    const { id } = await createToken(app, app.dev, { name: 'kept' });
    const browser = openConsole(app, app.dev);
    const many = Array.from({ length: 1001 }, (_, n) => `019ab2c4-5f7e-7c3a-9d52-${String(n).padStart(12, '0')}`);
    for (const ids of [[id, ...many].join(' '), '', `${id}' OR 1=1 --`, '%', '*', 'all', `${id},${id}`]) {
      const form_token = await tokenOfForm(browser);
      const { status } = await browser.post(`${own}/selected`, { form_token, action: 'revoke', ids, all: 'true' });
      expect(status).toBeLessThan(500);
    }
    for (const action of ['delete', 'rotate', '__proto__', 'constructor', '']) {
      const form_token = await tokenOfForm(browser);
      expect((await browser.post(`${own}/selected`, { form_token, action, ids: id })).status).toBe(404);
    }
    expect(await exists(id)).toBe(true);
  });

  it('does nothing for a session that lost its rights after the page that asks', async () => {
    const { id } = await createToken(app, app.root, { name: 'kept' });
    const boss = await app.addMember({ email: 'boss@example.com', superuser: true, can_manage_tokens: true });
    const browser = openConsole(app, boss);
    await browser.get(`${all}/selected?action=revoke&token=${id}`);
    await app.store.users.setSuperuser(boss.id, false);
    expect((await browser.submit(`${all}/selected`)).status).toBe(403);
    expect(await exists(id)).toBe(true);
  });
});

describe('a downloaded list', () => {
  const download = async (path: string, as = app.root) => {
    const response = await app.ask(path, { headers: { Cookie: `${sessionCookieName(app)}=${as.session}` } });
    return { response, text: await response.text() };
  };
  const rowsOf = async (path: string): Promise<Array<Record<string, string>>> =>
    parse((await download(path)).text, { bom: true, columns: true });

  it('holds no cell that a spreadsheet would run, whatever names, paths and agents say', async () => {
    const formulas = ['=1+1', '+1+1', '-1+1', '@SUM(A1)', '＝1+1', '＋1', '－1', '＠A', '=cmd|x', '"=1+1', "'=1"];
    for (const [index, text] of [...formulas, ...texts].entries()) {
      const name = `${text}`.slice(0, 60);
      const made = await app.ask('/api/v1/tokens', {
        as: app.dev,
        json: { name: `${name}${index}`, description: text },
      });
      expect([text, made.status]).toEqual([text, 201]);
    }
    await app.addMember({ email: 'formula@example.com', name: '=HYPERLINK("http://evil.example")' });
    const { token } = await createToken(app, app.dev, { name: 'used' });
    await use(app, token, '/=1+1?=2');
    const files = [`${all}.csv`, `${team}.csv`, '/organization/audit.csv'];
    for (const path of files) {
      const rows = await rowsOf(path);
      expect(rows.length).toBeGreaterThan(1);
      for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
    }
    const names = (await rowsOf(`${all}.csv`)).map(({ name }) => name);
    expect(names, 'the test sees the escaped names').toContain("'=1+10");
  });

  it('is for superusers and auditors, whatever the address says', async () => {
    const { id } = await createToken(app, app.root, { name: 'payroll' });
    for (const path of [`${all}.csv`, `${team}.csv`, '/organization/audit.csv', '/organization/audit.json']) {
      for (const query of [
        '',
        '?owner=dev@example.com',
        '?known_to=dev@example.com',
        '?q=payroll',
        '?status=revoked',
        '?all=true',
      ]) {
        const { response, text } = await download(`${path}${query}`, app.dev);
        expect([path, query, response.status]).toEqual([path, query, 403]);
        expect(text).not.toContain(id);
      }
      const visitor = await app.ask(path);
      expect(visitor.status).toBe(303);
    }
  });

  it('shows no more than its filter, whatever else is in the address', async () => {
    await createToken(app, app.dev, { name: 'of-dev' });
    await createToken(app, app.root, { name: 'of-root' });
    for (const more of [
      '',
      '&all=true',
      '&limit=9999',
      '&cursor=',
      '&owner=',
      '&owner[]=root@example.com',
      '&user=root@example.com',
    ]) {
      const { response, text } = await download(`${all}.csv?owner=dev%40example.com${more}`);
      if (response.status === 200) expect(text).not.toContain('of-root');
      else expect(response.status).toBe(400);
    }
    const { response } = await download(`${all}.csv?q=${encodeURIComponent('a"\r\nX-Injected: 1')}`);
    expect(response.headers.get('x-injected')).toBeNull();
    expect(response.headers.get('content-disposition') ?? '').toMatch(/^(attachment; filename="tokens-[\d-]+\.csv")?$/);
  });
});
