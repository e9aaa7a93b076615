import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { appFetch, openTestCliWithApp, password, type Surroundings, serverUrl } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp();
});
afterEach(() => cli.close());

const id = 'CF-Access-Client-Id: robot.access';
const secret = 'CF-Access-Client-Secret: 5f7e7c3a9d52';
const login = ['login', '--email', 'dev@example.com', '--password-stdin'];
const withHeaders = [...login, '--header', id, '--header', secret];

/** A gateway that redirects requests without its header fields to a sign-in page. */
function gateway(): Surroundings {
  const send = appFetch(cli.app);
  return {
    stdin: password,
    fetch: async (url, init) => {
      const headers = new Headers(init?.headers);
      const passes =
        headers.get('CF-Access-Client-Id') === 'robot.access' &&
        headers.get('CF-Access-Client-Secret') === '5f7e7c3a9d52';
      return passes ? send(url, init) : Response.redirect('https://acme.cloudflareaccess.com/login', 302);
    },
  };
}

it.each(['keychain', 'file'])('sends the header fields with every request and keeps them in the %s', async (store) => {
  const signedIn = await cli.run([...withHeaders, '--credential-store', store], gateway());
  expect(signedIn).toMatchObject({ code: 0, stdout: '' });
  for (const argv of [['whoami'], ['create', 'ci'], ['list'], ['logout']]) {
    expect(await cli.run(argv, gateway())).toMatchObject({ code: 0 });
  }
  const config = await readFile(join(cli.configDir, 'config.json'), 'utf8');
  expect(config).toContain('CF-Access-Client-Secret');
  expect(config).not.toContain('5f7e7c3a9d52');
});

it('keeps the header fields for the next sign-in, also in another store, until the server is removed', async () => {
  await cli.run(withHeaders, gateway());
  expect((await cli.run([...login, '--credential-store', 'file'], gateway())).code).toBe(0);
  expect(cli.keychain.entries.size).toBe(0);
  expect((await cli.run(['whoami'], gateway())).code).toBe(0);
  expect((await cli.run(['servers', 'remove', serverUrl], gateway())).code).toBe(0);
  expect(await readFile(join(cli.configDir, 'credentials.json'), 'utf8')).not.toContain('5f7e7c3a9d52');
  expect((await cli.run(login, gateway())).code).toBe(1);
});

it('names --header if a gateway redirects', async () => {
  const ran = await cli.run(login, gateway());
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('tokens login --header');
});

it('sends the header fields to no other server', async () => {
  await cli.run(withHeaders, gateway());
  const seen: (string | null)[] = [];
  await cli.run(['whoami', '--server', 'https://other.example.com'], {
    env: { TOKENS_SESSION: 'session_of_a_script' },
    fetch: async (_url, init) => {
      seen.push(new Headers(init?.headers).get('CF-Access-Client-Secret'));
      return Response.json({}, { status: 401 });
    },
  });
  expect(seen).toEqual([null]);
});

it('reads TOKENS_HEADERS for scripts and never stores it', async () => {
  const env = { TOKENS_SERVER: serverUrl, TOKENS_HEADERS: `${id}\n${secret}\n` };
  expect((await cli.run(login, { ...gateway(), env })).code).toBe(0);
  expect([...cli.keychain.entries.values()].join()).not.toContain('5f7e7c3a9d52');
  expect((await cli.run(['whoami'], { ...gateway(), env })).code).toBe(0);
  expect((await cli.run(['whoami'], gateway())).code).toBe(1);
});

it('does not print the value of a header field with --verbose', async () => {
  const ran = await cli.run([...withHeaders, '--verbose'], gateway());
  expect(ran.code).toBe(0);
  expect(ran.stderr).not.toContain('5f7e7c3a9d52');
});

it.each(['CF-Access', 'X-Key:', 'X Key: sekret', 'X-Key: a\r\nX-Other: sekret', 'X-Key: sekr\u00e9t', ': sekret'])(
  'rejects %j, which is not a header field, without repeating its value',
  async (field) => {
    const ran = await cli.run([...login, '--header', field], gateway());
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("Write it as 'NAME: VALUE'");
    expect(ran.stderr).not.toMatch(/sekr/);
  },
);

it.each(['Authorization', 'host', 'Content-Type', 'Transfer-Encoding'])('rejects the header field %s', async (name) => {
  const ran = await cli.run([...login, '--header', `${name}: x`], gateway());
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain(`must not set ${name}`);
});
