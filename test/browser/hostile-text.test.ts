import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CreatedToken } from '../../shared/schemas/tokens/tokens.ts';
import { chromiumIsHere, useBrowser } from '../helpers/console/browser.ts';
import { enter, useDaemon } from '../helpers/console/console.ts';
import { addDeveloper, type Client, verify } from '../helpers/daemon/api.ts';

// A page that does not escape one of these sets `pwned`, loads a resource or opens a dialog.
const payloads = [
  '<script>window.pwned=1</script>',
  '"><img src=x onerror=window.pwned=1>',
  "'-alert(1)-'</title><svg onload=alert(1)>",
  '</dialog></textarea><iframe srcdoc="<b>">',
  'javascript:alert(1)//{{7*7}}`',
  '<a href="//evil.example" data-focus data-copy=x>&lt;&#60;',
];
const anyPayload = encodeURIComponent(payloads.join(''));

describe.skipIf(!chromiumIsHere)('untrusted text', () => {
  const browser = useBrowser();
  const running = useDaemon();
  let member: Client;
  let lastToken: string;
  let accountId: string;
  let accountToken: string;

  // Puts the payloads into member names, token names, descriptions, paths and user agents.
  beforeAll(async () => {
    member = await addDeveloper(running.url, running.root);
    for (const [index, payload] of payloads.entries()) {
      const agent = { 'User-Agent': payload };
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
      await verify(running.url, token, { ...agent, 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': `/${payload}` });
      lastToken = id;
    }
    const maintainers = [member.user.email];
    const account = { name: 'ci', description: payloads.at(-1), groups: payloads, maintainers };
    const made = await running.root.request('POST', '/service-accounts', account);
    accountId = ((await made.json()) as { id: string }).id;
    const ofAccount = { service_account: 'ci', name: payloads.at(-1), description: payloads.at(-1) };
    accountToken = ((await (await member.request('POST', '/tokens', ofAccount)).json()) as CreatedToken).id;
    await running.root.request('PATCH', `/users/${member.user.id}`, { name: payloads.at(-1) });
    // Last uses are written in batches, about once per second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  });

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
    [`/login?next=${anyPayload}&done=${anyPayload}`]: 0,
    [`/nothing/${anyPayload}`]: 0,
  });
  const superuserPages = () => {
    const { id } = member.user;
    return {
      '/organization/overview/active': 3,
      '/organization/apps': 1,
      '/organization/service-accounts': 1,
      [`/organization/service-accounts/${accountId}?dialog=edit`]: 4,
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
      'script:not([src]), img, iframe, svg, a[href^="//"], a[href^="javascript:"], [onerror], [onload]').length`;
    expect(await page.evaluate(made), path).toBe(0);
    expect(await page.evaluate('window.pwned'), path).toBeUndefined();
  }
});
