import { get } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { appFetch, onTerminal, openTestCli, type TestCli } from '../../helpers/cli/cli.ts';
import { openConsole } from '../../helpers/console/pages.ts';

const host = 'tools.example.com';
const urls = { a: `https://${host}/a`, b: `https://${host}/b/tokens` };

let cli: TestCli;
let apps: Record<keyof typeof urls, TestApp>;
beforeEach(async () => {
  apps = { a: await openTestApp({ publicUrl: urls.a }), b: await openTestApp({ publicUrl: urls.b }) };
  cli = await openTestCli({ ...onTerminal, fetch: proxyFetch });
});
afterEach(async () => {
  await cli.close();
  for (const app of Object.values(apps)) await app.close();
});

/** A proxy that serves both daemons on one host and strips their paths. Everything else is 404. */
const proxyFetch: typeof fetch = async (input, init) => {
  for (const [name, url] of Object.entries(urls)) {
    if (!String(input).startsWith(`${url}/`)) continue;
    return appFetch(apps[name as keyof typeof urls])(`https://${host}${String(input).slice(url.length)}`, init);
  }
  return new Response('Not found', { status: 404 });
};

/** Approves the sign-in that the command line asks for at this address in the console. */
async function approve(address: string, userCode?: string): Promise<string> {
  const browser = openConsole(apps.a, apps.a.dev);
  const { pathname, search } = new URL(address);
  await browser.get(pathname + search);
  if (userCode === undefined) return (await browser.submit('/oauth/authorize', { decision: 'approve' })).location ?? '';
  const { location } = await browser.submit('/device', { user_code: userCode });
  await browser.get(location ?? '');
  await browser.submit('/device/approve', { decision: 'approve' });
  return '';
}

it('signs in with the browser to a daemon below a path', async () => {
  const opened: string[] = [];
  const ran = await cli.run(['login', urls.a], {
    answers: [''],
    openBrowser: async (address) => {
      opened.push(address);
      void approve(address).then((back) => get(back, { agent: false }, (res) => res.resume()));
      return true;
    },
  });
  expect(ran.stderr).toContain(`Signed in to ${urls.a} as dev@example.com.`);
  expect(opened[0]).toMatch(/^https:\/\/tools\.example\.com\/a\/oauth\/authorize\?/);
  expect((await cli.run(['whoami'])).stdout).toContain('dev@example.com');
});

it('signs in with a device code to a daemon below a path', async () => {
  let code = '';
  const ran = await cli.run(['login', urls.a, '--no-browser'], {
    fetch: async (input, init) => {
      const response = await proxyFetch(input, init);
      if (String(input).endsWith('/oauth/device_authorization')) {
        code = ((await response.clone().json()) as { user_code: string }).user_code;
      }
      return response;
    },
    sleep: async (ms) => {
      apps.a.clock.advance(ms);
      await approve(`${urls.a}/device`, code);
    },
  });
  expect(ran.stderr).toContain(`${urls.a}/device`);
  expect(ran.stderr).toContain(`Signed in to ${urls.a} as dev@example.com.`);
  expect((await cli.run(['create', 'ci'])).code).toBe(0);
});

it('keeps the sessions of two daemons on one host apart', async () => {
  for (const [name, url] of Object.entries(urls)) {
    const { root } = apps[name as keyof typeof urls];
    const ran = await cli.run(['login', url, '--email', root.email, '--password-stdin'], { stdin: root.password });
    expect(ran.code, ran.stderr).toBe(0);
  }
  expect([...cli.keychain.entries.keys()]).toEqual([`${host}/a/session`, `${host}/b/tokens/session`]);
  for (const url of Object.values(urls)) expect((await cli.run(['whoami', '--server', url])).stdout).toContain(url);
  expect(JSON.parse((await cli.run(['servers', 'list', '--json'])).stdout)).toHaveLength(2);
  expect((await cli.run(['logout', '--server', urls.b])).code).toBe(0);
  expect((await cli.run(['whoami', '--server', urls.a])).code).toBe(0);
});
