import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../../server/config/config.ts';
import { settingNames } from '../../../server/config/settings/settings.ts';
import { openTestApp } from '../../helpers/app/app.ts';
import { formsOf, openConsole, textOf } from '../../helpers/console/pages.ts';

const page = '/organization/settings';
const day = 86_400_000;

async function open(env: Record<string, string> = {}) {
  const app = await openTestApp(
    readConfig({ HOME: '/nowhere', TOKENSD_PUBLIC_URL: 'https://tokens.example.com', ...env }),
  );
  onTestFinished(app.close);
  return { app, browser: openConsole(app, app.root) };
}

describe('the settings page', () => {
  it('shows the effective settings and where they come from, without secrets', async () => {
    const { browser } = await open({
      TOKENSD_SMTP_URL: 'smtp://mailer:hunter2-smtp@mail.example.com:587',
      TOKENSD_OIDC_ISSUER: 'https://sso.example.com',
      TOKENSD_OIDC_CLIENT_ID: 'tokensd',
      TOKENSD_OIDC_CLIENT_SECRET: 'hunter2-oidc',
      TOKENSD_MAX_EXPIRY: '90d',
      TOKENSD_ORGANIZATION: '<b>Northwind</b>',
    });
    const { html } = await browser.get(page);
    const text = textOf(html.replaceAll(/(<th scope="row">\s*<code>\w+<\/code>).*?<\/th>/gs, '$1'));
    expect(text).toContain('TOKENSD_OIDC_CLIENT_SECRET set environment');
    expect(text).toContain('TOKENSD_SMTP_URL smtp://mailer:***@mail.example.com:587 environment');
    expect(text).toContain('TOKENSD_MAX_EXPIRY 90d environment');
    expect(text).toContain('TOKENSD_EXPIRY_NOTICES 30d, 7d, 1d default');
    // No duration is shown as a number of seconds.
    const numbers = [...html.matchAll(/<code>(TOKENSD_\w+)<\/code>.*?<\/tr>/gs)].filter(([row]) =>
      />[0-9,]+</.test(row),
    );
    expect(numbers.map(([, name]) => name)).toEqual(['TOKENSD_MAX_TOKENS_PER_USER']);
    expect(text).toContain('TOKENSD_LISTEN 127.0.0.1:8420 default');
    expect(text).toContain('TOKENSD_MAX_IDLE none (no limit) default');
    expect(text).toContain('TOKENSD_KEEP_AUDIT none (kept for ever) default');
    expect(html).not.toContain('hunter2');
    expect(html).not.toContain('<b>');
  });

  it('says in one sentence what each setting means, and is the destination of the overview', async () => {
    const { browser } = await open();
    const { html } = await browser.get(page);
    const rows = [...html.matchAll(/<tr id="(TOKENSD_\w+)">.*?<th scope="row">(.*?)<\/th>/gs)];
    expect(rows.map(([, name]) => name)).toEqual(expect.arrayContaining([...settingNames]));
    for (const [, name = '', heading = ''] of rows) {
      const [, meaning] = textOf(heading).split(/^TOKENSD_\w+ /);
      expect(meaning, name).toMatch(/^[^`[\]()]{10,}.*\.$/);
    }
    expect(textOf(rows.find(([, name]) => name === 'TOKENSD_LEAK_ACTION')?.[2] ?? '')).toContain(
      'What happens to a token whose value is reported as leaked: revoke , pause ,',
    );
    const overview = await browser.get('/overview');
    expect(overview.html).toContain(`href="${page}#TOKENSD_MAX_EXPIRY"`);
  });

  it('shows the versions of the program, Node.js, the database and its schema', async () => {
    const { browser } = await open();
    const text = textOf((await browser.get(page)).html);
    expect(text).toContain(`tokensd 0.0.0 Node.js ${process.versions.node} Database SQLite 3.`);
    expect(text).toMatch(/Schema 00\d\d-[a-z-]+ /);
  });

  it('says what is known about the identity provider', async () => {
    const sso = { TOKENSD_OIDC_ISSUER: 'https://sso.example.com', TOKENSD_OIDC_CLIENT_ID: 'tokensd' };
    const { app, browser } = await open(sso);
    const text = async () => textOf((await browser.get(page)).html);
    expect(await text()).toContain('Issuer https://sso.example.com Discovery not asked since the daemon started');
    app.deps.ssoContact.record(false);
    expect(await text()).toContain('Discovery failed now The log of the daemon says why');
    app.deps.ssoContact.record(true);
    app.clock.advance(120_000);
    expect(await text()).toContain('Discovery reachable 2 minutes ago');
    const without = await open();
    expect(textOf((await without.browser.get(page)).html)).toContain('Single sign-on is off.');
  });

  it('says when mail was last sent, what waits and why', async () => {
    const { app, browser } = await open();
    const text = async () => textOf((await browser.get(page)).html);
    expect(await text()).toContain('Last sent never Waiting none Undeliverable none');
    const mail = { to: 'ada@example.com', subject: '', text: '', html: '', createdAt: app.clock.now() };
    for (const id of ['sent', 'late'])
      await app.store.outbox.enqueue({ ...mail, id, messageId: `<${id}@example.com>` });
    await app.store.outbox.claim({ now: app.clock.now(), leaseMs: 1000, leaseId: 'test', limit: 10 });
    await app.store.outbox.markSent('sent', 'test', app.clock.now());
    await app.store.outbox.retryLater('late', 'test', app.clock.now() + day, '<450> Try again later');
    app.clock.advance(120_000);
    expect(await text()).toContain(
      'Last sent 2 minutes ago Waiting 1 mail, the oldest from 2 minutes ago Last error: <450> Try again later',
    );
  });

  it('lets auditors read everything and send nothing', async () => {
    const { app } = await open();
    const auditor = openConsole(app, await app.addMember({ email: 'auditor@example.com', auditor: true }));
    const { status, html } = await auditor.get(page);
    expect(status).toBe(200);
    expect(html).not.toContain('Send test mail');
    const { form_token = '' } = formsOf(html)[0]?.hidden ?? {};
    expect((await auditor.post(`${page}/test-mail`, { form_token })).status).toBe(403);
    expect(await app.mails()).toEqual([]);
    const member = openConsole(app, app.dev);
    expect((await member.get(page)).status).toBe(403);
  });
});

describe('a test mail', () => {
  it('is not said to be on its way if no mail server is set up', async () => {
    const { browser } = await open();
    await browser.get(page);
    const { location } = await browser.submit(`${page}/test-mail`);
    const { html } = await browser.get(location ?? '');
    expect(textOf(html)).toContain(
      'No mail server is set up yet, so no mail is sent: the test mail to root@example.com is written to a file on the server.',
    );
    expect(html).toContain('class="message warning"');
  });

  it('goes to the superuser who asks for it, with an audit event', async () => {
    const { app, browser } = await open({ TOKENSD_SMTP_URL: 'smtp://127.0.0.1:1' });
    await browser.get(page);
    const { location } = await browser.submit(`${page}/test-mail`);
    expect(textOf((await browser.get(location ?? '')).html)).toContain(
      'A test mail to root@example.com is on its way.',
    );
    const [mail, ...others] = await app.mails();
    expect([mail?.to, mail?.subject, others]).toEqual(['root@example.com', 'Test mail from tokensd', []]);
    expect(mail?.text).toContain('You sent this mail to yourself');
    const [event] = await app.store.audit.list({ limit: 1, before: null });
    expect(event).toMatchObject({ action: 'mail.tested', target: { name: 'root@example.com' } });
  });

  it('can be sent three times in ten minutes', async () => {
    const { app, browser } = await open();
    const send = async () => {
      await browser.get(page);
      return browser.submit(`${page}/test-mail`);
    };
    for (let mail = 0; mail < 3; mail += 1) expect((await send()).status).toBe(303);
    const refused = await send();
    expect(refused.status).toBe(429);
    expect(textOf(refused.html)).toContain('You sent 3 test mails in a short time. Wait 10 minutes, then try again.');
    expect(await app.mails()).toHaveLength(3);
    expect(formsOf(refused.html).length).toBeGreaterThan(0);
  });
});
