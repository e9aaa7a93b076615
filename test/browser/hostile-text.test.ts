import { describe, expect, it } from 'vitest';
import { addDeveloper, type Client, verify } from '../helpers/api.ts';
import { chromiumIsHere, useBrowser } from '../helpers/browser.ts';
import { enter, useDaemon } from '../helpers/console.ts';
import { eventually } from '../helpers/process.ts';

// Each would set `pwned`, load something or open a dialog if it were ever more than text.
const payloads = [
  '<script>window.pwned=1</script>',
  '"><img src=x onerror=window.pwned=1>',
  "'-alert(1)-'</title><svg onload=alert(1)>",
  '</dialog></textarea><iframe srcdoc="<b>">',
  'javascript:alert(1)//{{7*7}}`',
  '<a href="//evil.example" data-focus data-copy=x>&lt;&#60;',
];

describe.skipIf(!chromiumIsHere)('text that others chose', () => {
  const browser = useBrowser();
  const running = useDaemon();

  it.each(payloads)('stays text wherever it is shown: %s', async (payload) => {
    const member = await hostileMember(payload);
    const { id } = ((await (await member.request('GET', '/tokens')).json()) as { items: [{ id: string }] }).items[0];
    const team = `/organization/team/${member.user.id}`;
    for (const [who, path, times] of [
      [member, '/profile', 1],
      [member, '/profile/api-tokens', 2],
      [member, `/profile/api-tokens?q=${encodeURIComponent(payload)}`, 2],
      [member, `/profile/api-tokens?dialog=revoke&id=${id}`, 3],
      [running.root, `/organization/team?q=${encodeURIComponent(payload)}`, 1],
      [running.root, `/organization/team?dialog=ungrant&id=${member.user.id}`, 2],
      [running.root, team, 3],
      [running.root, `${team}?dialog=offboard`, 3],
      [running.root, `${team}?dialog=revoke&token=${id}`, 4],
      [running.root, '/organization/audit', 2],
      [running.root, `/organization/audit?user=${encodeURIComponent(payload)}&from=${encodeURIComponent(payload)}`, 0],
      [running.root, `/login?next=${encodeURIComponent(payload)}&done=${encodeURIComponent(payload)}`, 0],
      [running.root, `/nothing/${encodeURIComponent(payload)}`, 0],
    ] as const) {
      const page = await browser.visit(running.url);
      await enter(page, running.url, who);
      await page.goto(path);
      const seen = String(await page.evaluate('document.body.textContent'));
      expect(seen.split(payload).length - 1, path).toBeGreaterThanOrEqual(times);
      const made =
        'document.querySelectorAll(\'script:not([src]), img, iframe, svg, a[href^="//"], [onerror], [onload]\').length';
      expect(await page.evaluate(made), path).toBe(0);
      expect(await page.evaluate('window.pwned'), path).toBeUndefined();
      expect(await page.title(), path).not.toMatch(/^\s*·/);
      await page.close();
    }
  });

  /** Bears it as a display name, a token's name and description, a path and a user agent. */
  async function hostileMember(payload: string): Promise<Client> {
    const member = await addDeveloper(running.url, running.root, `h${payloads.indexOf(payload)}@example.com`);
    await running.root.request('PATCH', `/users/${member.user.id}`, { name: payload });
    const agent = { 'User-Agent': payload };
    const body = { name: payload, description: payload };
    const made = await member.request('POST', '/tokens', body, agent);
    const { token } = (await made.json()) as { token: string };
    await verify(running.url, token, { ...agent, 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': `/${payload}` });
    await eventually(async () => {
      const { items } = (await (await member.request('GET', '/tokens')).json()) as {
        items: Array<{ last_used: unknown }>;
      };
      return items[0]?.last_used;
    }, 'the use to be written');
    return member;
  }
});
