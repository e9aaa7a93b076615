import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../../server/config/config.ts';
import { describeConfig } from '../../../server/config/describe-config.ts';
import { createToken, jsonOf, openTestApp } from '../../helpers/app/app.ts';
import { type Fields, startTestServer } from '../../helpers/app/http.ts';
import { openConsole, sessionCookieName, textOf } from '../../helpers/console/pages.ts';
import { originals } from '../../helpers/gate/originals.ts';

const base = { HOME: '/nowhere', TOKENSD_PUBLIC_URL: 'https://tokens.example.com' };

describe('the settings page', () => {
  it('shows no secret that a setting contains, to superusers and auditors', async () => {
    const config = readConfig({
      ...base,
      TOKENSD_SMTP_URL: 'smtps://mailer:hunter2%20smtp@mail.example.com:465?name=x',
      TOKENSD_OIDC_ISSUER: 'https://sso.example.com',
      TOKENSD_OIDC_CLIENT_ID: 'tokensd',
      TOKENSD_OIDC_CLIENT_SECRET: 'hunter2-oidc',
      TOKENSD_GITHUB_SECRET_SCANNING_KEYS: 'https://mirror.example.com/keys?token=hunter2-query&sig=hunter2-sig',
    });
    const database =
      'postgres://tokens:hunter2-db@db.example.com/tokens?password=hunter2-parameter&%70assword=hunter2-coded';
    const app = await openTestApp(config);
    onTestFinished(app.close);
    const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
    for (const as of [app.root, auditor]) {
      const { html } = await openConsole(app, as).get('/organization/settings');
      expect(html).toContain('mirror.example.com/keys');
      expect(html).not.toContain('hunter2');
    }
    const lines = describeConfig({ ...config, databaseUrl: database });
    expect(lines.join('\n')).toContain('db.example.com');
    expect(lines.join('\n')).not.toContain('hunter2');
  });

  it.each(['TOKENSD_OIDC_ISSUER', 'TOKENSD_GITHUB_SECRET_SCANNING_KEYS'])(
    'never gets a password in %s, which the daemon refuses at its start',
    (name) => {
      const client = { TOKENSD_OIDC_CLIENT_ID: 'tokensd', TOKENSD_OIDC_CLIENT_SECRET: 'x' };
      const start = () =>
        readConfig({
          ...base,
          ...client,
          TOKENSD_OIDC_ISSUER: 'https://sso.example.com',
          [name]: 'https://user:hunter2@sso.example.com',
        });
      expect(start).toThrow(/must not contain a user name/);
      expect(start).not.toThrow(/hunter2/);
    },
  );

  it('does not exist for other members', async () => {
    const app = await openTestApp();
    onTestFinished(app.close);
    const { status, html } = await openConsole(app, app.dev).get('/organization/settings');
    expect([status, html.includes('TOKENSD_')]).toEqual([403, false]);
  });
});

describe('denied requests', () => {
  it('keep no query and no secret of a path or an agent, wherever they are shown', async () => {
    const app = await startTestServer();
    onTestFinished(() => app.stop());
    const token = await createToken(app, app.dev, { name: 'ci', read_only: true });
    const { token: other } = await createToken(app, app.dev, { name: 'other' });
    const targets = [
      '/login?password=hunter2&next=/',
      `/hooks/${other}/build`,
      `/a;key=${other}`,
      `/${'x'.repeat(245)}/${other}`,
      `http://user:hunter2@api.example.com/path?x=hunter2`,
      `/?hunter2`,
    ];
    for (const target of targets) {
      const original = { method: 'POST', path: target, ip: '203.0.113.9', app: '' };
      const { headers, ...options } = (originals.nginx as (typeof originals)[string])(original);
      const more: Fields = [
        ['X-API-Key', token.token],
        ['User-Agent', `agent/${other}`],
      ];
      expect((await app.send({ ...options, headers: [...more, ...headers] })).status).toBe(403);
    }
    await app.services.deniedUses.flush();
    const page = `/profile/api-tokens/${token.id}`;
    const shown = async () => [
      (await openConsole(app, app.dev).get(page)).html,
      (await openConsole(app, app.root).get(page)).html,
      await (await app.ask(`/api/v1/tokens/${token.id}`, { as: app.dev })).text(),
      await (await app.ask(`/api/v1/tokens/${token.id}/usage`, { as: app.dev })).text(),
      await (
        await app.ask('/organization/tokens.csv', {
          headers: { Cookie: `${sessionCookieName(app)}=${app.root.session}` },
        })
      ).text(),
      await (await app.ask('/api/v1/tokens?denied_within=60', { as: app.dev })).text(),
    ];
    const living = await shown();
    expect(living[0]).toContain('POST');
    expect(living[3]).toContain('/login');
    await app.ask(`/api/v1/tokens/${token.id}`, { as: app.dev, method: 'DELETE' });
    for (const text of [...living, ...(await shown())]) {
      expect(text).not.toContain('hunter2');
      expect(text).not.toContain(other.slice(14));
      expect(text).not.toContain(token.token.slice(14));
    }
  });
});

describe('the overview', () => {
  it('shows a member nothing of the organization, also right after a superuser or their own demotion', async () => {
    const app = await openTestApp();
    onTestFinished(app.close);
    for (let n = 0; n < 7; n += 1) await createToken(app, app.root, { name: `payroll-${n}` });
    const overviewOf = async (as = app.dev) => {
      const { html } = await openConsole(app, as).get('/overview');
      return textOf(/<main.*<\/main>/s.exec(html)?.[0] ?? '');
    };
    const before = await overviewOf();
    await overviewOf(app.root);
    expect(await overviewOf()).toBe(before);
    expect(before).not.toMatch(/payroll|root@example\.com/);
    const boss = await app.addMember({ email: 'boss@example.com', superuser: true });
    expect(await overviewOf(boss)).toContain('7');
    await app.store.users.setSuperuser(boss.id, false);
    expect(await overviewOf(boss)).not.toMatch(/payroll|7/);
    expect((await app.ask('/api/v1/reports/tokens', { as: boss })).status).toBe(403);
  });
});

describe('addresses that are pasted to invite members', () => {
  it('are read in a time that does not grow with tricks, and invite nobody by accident', async () => {
    const app = await openTestApp();
    onTestFinished(app.close);
    const browser = openConsole(app, app.root);
    const tricks = [
      '<'.repeat(60_000),
      'a@'.repeat(30_000),
      ' '.repeat(60_000),
      `${'a.'.repeat(30_000)}@b`,
      `"${'\\"'.repeat(30_000)}`,
      ','.repeat(60_000),
    ];
    const begun = performance.now();
    for (const emails of tricks) {
      await browser.get('/organization/team?dialog=invite-several');
      const { status } = await browser.submit('/organization/team/invite', { addresses: emails });
      expect(status).toBeLessThan(500);
    }
    expect(performance.now() - begun).toBeLessThan(10_000);
    const { items } = await jsonOf<{ items: unknown[] }>(app.ask('/api/v1/users', { as: app.root }));
    expect(items).toHaveLength(2);
  });
});
