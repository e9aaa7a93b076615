import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CreatedToken } from '../../shared/schemas/tokens/tokens.ts';
import { chromiumIsHere, sidewaysScroll, useBrowser } from '../helpers/console/browser.ts';
import { enter, useDaemon } from '../helpers/console/console.ts';
import { addDeveloper, type Client, verify } from '../helpers/daemon/api.ts';

// A page that does not escape one of these sets `pwned`, loads a resource or opens a dialog.
const payloads = [
  '<script>window.pwned=1</script>',
  '"><img src=x onerror=window.pwned=1>',
  "'-alert(1)-'</title><svg onload=alert(1)>",
  '</dialog></textarea><iframe srcdoc="<b>">',
  'javascript:alert(1)//{{7*7}}`',
  // Written from right to left. The API rejects characters that change the direction of the text around them.
  'مفتاح <b>נתב</b> 12 שלום',
  '<a href="//evil.example" data-focus data-copy=x>&lt;&#60;',
];
/** One word that no line can hold, with an end that shows whether it was cut off. */
const longWord = `${'W'.repeat(199)}z`;
const anyPayload = encodeURIComponent(payloads.join(''));

describe.skipIf(!chromiumIsHere)('untrusted text', () => {
  const browser = useBrowser();
  const running = useDaemon();
  let member: Client;
  let lastToken: string;
  let accountId: string;
  let accountToken: string;
  let keyId: string;
  let trustId: string;
  let webhookId: string;

  // Puts the payloads into names of members, tokens and keys, descriptions, claims, paths and user agents.
  beforeAll(async () => {
    member = await addDeveloper(running.url, running.root);
    for (const [index, payload] of payloads.entries()) {
      const sent = Buffer.from(payload).toString('latin1');
      const agent = { 'User-Agent': sent };
      await running.root.request('POST', '/users', { email: `h${index}@example.com`, name: payload }, agent);
      await running.root.request(
        'POST',
        '/apps',
        { name: `app-${index}`, groups: payloads.slice(0, index + 1) },
        agent,
      );
      const body = { name: payload, description: payload };
      const response = await member.request('POST', '/tokens', body, agent);
      const { id, token } = (await response.json()) as CreatedToken;
      await verify(running.url, token, { ...agent, 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': `/${sent}` });
      lastToken = id;
    }
    const maintainers = [member.user.email];
    const description = `${payloads.at(-1)} ${payloads.at(-2)} ${longWord}`;
    const account = { name: 'ci', description, groups: payloads, maintainers };
    accountId = await make('/service-accounts', account);
    const ofAccount = { service_account: 'ci', name: payloads.at(-1), description };
    accountToken = ((await (await member.request('POST', '/tokens', ofAccount)).json()) as CreatedToken).id;
    const key = { ...ofAccount, name: `${payloads.at(-1)}k`, manage: ['apps'], expires_in: 86_400 };
    keyId = await make('/tokens', key);
    trustId = await make('/trusts', {
      ...{
        name: 'a'.repeat(48),
        service_account: 'ci',
        issuer: `https://id.example.com/<svg/onload=alert(1)>${longWord}`,
      },
      ...{ audience: description, claims: { sub: description, [`claim-${'w'.repeat(100)}`]: longWord } },
    });
    webhookId = await make('/webhooks', { url: `https://hooks.example.com/${longWord}`, events: ['*'], description });
    await running.root.request('PATCH', `/users/${member.user.id}`, { name: payloads.at(-1) });
    // Last uses are written in batches, about once per second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  });

  /** Creates something as a superuser, and returns its ID. */
  async function make(path: string, body: object): Promise<string> {
    const response = await running.root.request('POST', path, body);
    expect(response.status, path).toBe(201);
    return ((await response.json()) as { id: string }).id;
  }

  const memberPages = () => ({
    '/profile': 1,
    '/profile/api-tokens': 4,
    [`/profile/api-tokens?q=${encodeURIComponent(payloads.at(-1) ?? '')}`]: 4,
    [`/profile/api-tokens?q=${anyPayload}`]: 0,
    [`/profile/api-tokens?dialog=revoke&id=${lastToken}`]: 6,
    '/organization/service-accounts': 1,
    [`/organization/service-accounts/${accountId}`]: 4,
    [`/organization/service-accounts/${accountId}?dialog=edit`]: 4,
    [`/organization/service-accounts/${accountId}?dialog=revoke&token=${accountToken}`]: 5,
    [`/organization/service-accounts/${accountId}?dialog=remove-maintainer&email=${anyPayload}`]: 0,
    [`/profile/api-tokens/${keyId}`]: 2,
    [`/organization/trusts/${trustId}`]: 2,
    [`/login?next=${anyPayload}&done=${anyPayload}`]: 0,
    [`/nothing/${anyPayload}`]: 0,
  });
  const superuserPages = () => {
    const { id } = member.user;
    return {
      '/organization/tokens': 3,
      [`/organization/tokens?q=${anyPayload}&owner=${anyPayload}&status=${anyPayload}`]: 0,
      '/organization/apps': 1,
      '/organization/service-accounts': 1,
      [`/organization/service-accounts/${accountId}?dialog=edit`]: 4,
      [`/organization/service-accounts/${accountId}?dialog=create-key`]: 4,
      [`/profile/api-tokens/${keyId}?dialog=edit`]: 2,
      '/organization/trusts': 1,
      [`/organization/trusts?dialog=create&service_account=${anyPayload}`]: 1,
      [`/organization/trusts/${trustId}`]: 2,
      [`/organization/trusts/${trustId}?dialog=edit`]: 3,
      [`/organization/trusts/${trustId}?dialog=delete`]: 2,
      '/organization/webhooks': 1,
      [`/organization/webhooks/${webhookId}`]: 1,
      [`/organization/webhooks/${webhookId}?dialog=edit`]: 1,
      [`/organization/webhooks/${webhookId}?dialog=delete`]: 1,
      '/organization/team': 2,
      [`/organization/team?q=${anyPayload}`]: 0,
      [`/organization/team?dialog=ungrant&id=${id}`]: 3,
      [`/organization/team/${id}`]: 5,
      [`/organization/team/${id}?dialog=offboard`]: 6,
      [`/organization/team/${id}?dialog=revoke&token=${lastToken}`]: 7,
      '/organization/audit': 2,
      [`/organization/audit?user=${anyPayload}&from=${anyPayload}&action=${anyPayload}`]: 0,
    };
  };

  it('is escaped on every page', async () => {
    for (const [viewer, pages] of [
      [member, memberPages()],
      [running.root, superuserPages()],
    ] as const) {
      const page = await browser.visit(running.url);
      await enter(page, running.url, viewer);
      for (const [path, times] of Object.entries(pages)) {
        await page.goto(path);
        await expectText(page, path, times);
      }
    }
  });

  /** Expects the page to show the last payload at least `times` times, and no element that a payload created. */
  async function expectText(page: Page, path: string, times: number): Promise<void> {
    const seen = String(
      await page.evaluate(`document.title + document.body.textContent +
        [...document.querySelectorAll('[title]')].map((element) => element.title).join()`),
    );
    expect(seen.split(payloads.at(-1) ?? '').length - 1, path).toBeGreaterThanOrEqual(times);
    const made = `document.querySelectorAll(
      'script:not([src]), img, iframe, svg:not(.icon, .chart > svg), a[href^="//"], a[href^="javascript:"], [onerror], [onload]').length`;
    expect(await page.evaluate(made), path).toBe(0);
    expect(await page.evaluate('window.pwned'), path).toBeUndefined();
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await sidewaysScroll(page), `${path} scrolls at ${width} px`).toBe(0);
    }
  }
});
