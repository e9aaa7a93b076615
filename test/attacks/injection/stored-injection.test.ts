import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSmtpMailer } from '../../../server/mail/smtp.ts';
import type { User } from '../../../shared/schemas/accounts/users.ts';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import type { Member } from '../../helpers/app/app.ts';
import { appFetch, openTestCli, serverUrl, type TestCli } from '../../helpers/cli/cli.ts';
import { chromiumIsHere } from '../../helpers/console/browser.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { type MailServer, startMailServer } from '../../helpers/peers/mail-server.ts';
import { requestPasswordLink } from '../../helpers/sign-in/password-links.ts';
import { rowsOf } from '../secrets/sqlite-rows.ts';
import { cookieOf, openSsoWorld } from '../sign-in/console-world.ts';
import { type InjectedWorld, injected, openInjectedWorld } from './injected-world.ts';
import { controls, inspectHtml, texts, unsafeCharacters } from './payloads.ts';

const { asBytes, emails, everything, organization, publicUrl } = injected;

let world: InjectedWorld;
let app: InjectedWorld['app'];
let cli: TestCli;
let mailServer: MailServer;

beforeAll(async () => {
  world = await openInjectedWorld();
  app = world.app;
  mailServer = await startMailServer();
  cli = await openTestCli({
    fetch: appFetch(app),
    env: { TOKENS_SERVER: serverUrl, TOKENS_SESSION: app.root.session },
    now: new Date(app.clock.now()),
  });
}, 60_000);

afterAll(async () => {
  await cli.close();
  await mailServer.close();
  await app.stop();
});

const post = (path: string, as: Member, json: object) => app.ask(`/api/v1/${path}`, { as, json });

describe('every entry point', () => {
  it('rejects control, direction and zero-width characters in every field', async () => {
    const before = await rowsOf(app.path);
    for (const text of [...controls, 'nul\u0000']) {
      const inside = `a${text}b`;
      const responses = await Promise.all([
        post('tokens', app.dev, { name: inside }),
        post('tokens', app.dev, { name: 'x', description: inside }),
        post('users', app.root, { email: 'x@example.com', name: inside }),
        post('users', app.root, { email: `a${inside}@example.com` }),
        post('clients', app.root, { name: inside }),
        post('apps', app.root, { name: 'x', groups: [inside] }),
        post('apps', app.root, { name: 'x', url: `https://example.com/${inside}` }),
        post('apps', app.root, { name: 'x', hosts: [inside] }),
        post('apps', app.root, { name: inside }),
        app.ask(`/api/v1/users/${app.dev.id}`, { method: 'PATCH', as: app.root, json: { name: inside } }),
        app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'x', [inside]: 1 } }),
        app.ask('/api-token-auth/', { json: { username: app.dev.email, password: app.dev.password, name: inside } }),
      ]);
      for (const response of responses) {
        const body = await response.text();
        expect({ text, status: response.status }).toEqual({ text, status: 400 });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the test searches for them
        expect(body).not.toMatch(/[\u0000-\u001f]/);
        expect(JSON.parse(body)).toBeTypeOf('object');
      }
    }
    expect(await rowsOf(app.path)).toEqual(before);
  });

  it('rejects requests with control characters in a header', async () => {
    const [value = ''] = world.values.keys();
    for (const byte of ['\u0001', '\u0007', '\u0008', '\u001b', '\u007f', '\u0000', '\r', '\n']) {
      for (const name of ['User-Agent', 'X-Forwarded-Uri', 'X-Forwarded-For', 'X-Request-Id']) {
        const lines = [
          'GET /verify/forward-auth HTTP/1.1',
          'Host: x',
          `Authorization: Token ${value}`,
          `${name}: /a${byte}b`,
        ];
        const { text } = await app.exchange([...lines, 'Connection: close', '', ''].join('\r\n'), 500);
        expect({ byte, name, status: text.slice(0, 13) }).toMatchObject({
          status: expect.stringMatching(/^HTTP\/1.1 40[01] /),
        });
      }
    }
  });

  it('rejects such email addresses from an identity provider, and cleans such names', async () => {
    const sso = await openSsoWorld();
    const signIn = async (claims: Record<string, unknown>) => {
      sso.provider.manipulate({ claims: (own) => ({ ...own, ...claims }), userInfo: claims });
      const browser = openConsole(sso);
      const { location } = await browser.get('/login/sso');
      return browser.get(sso.provider.callbackFor(location ?? ''));
    };
    try {
      for (const email of ['a@example.com\r\nBcc: evil@evil.example', 'a\u202e@example.com', '<a>@example.com']) {
        expect((await signIn({ email })).status, email).toBe(403);
      }
      expect((await signIn({ name: '\u001b[31m\u009bRed\u202e' })).status).toBe(303);
      const [ada] = await sso.store.users.list({ limit: 1, before: null });
      expect(ada).toMatchObject({ email: 'ada@example.com', name: '[31m Red' });
    } finally {
      await sso.close();
    }
  });
});

describe('a stored hostile text', () => {
  it('is stored unchanged and changes no other row', async () => {
    const rows = await rowsOf(app.path);
    expect(rows.tokens).toHaveLength(everything.length);
    expect(rows.users).toHaveLength(2 + everything.length + emails.length);
    expect(rows.clients).toHaveLength(1 + texts.length);
    expect(rows.tokens?.map(({ name }) => name).sort()).toEqual(everything.map((text) => text.slice(0, 64)).sort());
  });

  it('is matched literally by a search, without wildcards', async () => {
    for (const q of ['%', '_', '\\', "'", '%_%', '"', '?']) {
      const { html } = await openConsole(app, app.dev).get(`/profile/api-tokens?q=${encodeURIComponent(q)}`);
      const found = everything.filter((text) => text.includes(q)).length;
      expect({ q, found: html.match(/dialog=revoke/g)?.length ?? 0 }).toEqual({ q, found });
    }
  });

  it('is returned unchanged by the API as valid JSON', async () => {
    const read = async (path: string) => {
      const response = await app.ask(`/api/v1${path}`, { as: app.root });
      const body = await response.text();
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the test searches for them
      expect(body, path).not.toMatch(/[\u0000-\u001f]/);
      return (JSON.parse(body) as { items: Array<Token & User & AuditEvent> }).items;
    };
    const names = (await read('/tokens?all=true&limit=200')).map(({ name }) => name);
    expect(names.sort()).toEqual(everything.map((text) => text.slice(0, 64)).sort());
    const users = (await read('/users?limit=200')).map(({ name }) => name);
    expect(users).toEqual(expect.arrayContaining(everything.map((text) => text.slice(0, 64))));
    const agents = (await read('/audit?limit=200')).map(({ user_agent }) => user_agent);
    expect(agents).toEqual(expect.arrayContaining(controls));
  });

  it('is returned unchanged by introspection as valid JSON', async () => {
    for (const [value, name] of world.values) {
      const body = await (await world.client.introspect({ token: value })).text();
      expect(JSON.parse(body)).toMatchObject({ active: true, name });
    }
  });

  it('is sent to the upstream server as one header of visible ASCII', async () => {
    const fields = new Set<string>();
    for (const [value, text] of world.values) {
      const headers = [['Authorization', `Token ${value}`]] as [string, string][];
      const response = await app.send({ path: '/verify/auth-request', headers });
      fields.add(Object.keys(response.headers).join());
      expect(response.all('X-Auth-Token-Name')).toEqual([expect.stringMatching(/^[\x21-\x7e]*$/)]);
      expect(decodeURIComponent(response.all('X-Auth-Token-Name')[0] ?? '')).toBe(text);
    }
    expect([...fields]).toHaveLength(1);
  });

  it('creates no formula, cell or row in the audit download', async () => {
    const headers = cookieOf(app, app.root);
    const text = await (await app.ask('/organization/audit.csv', { headers })).text();
    const cells = parse(text, { bom: true }) as string[][];
    const events = JSON.parse(await (await app.ask('/organization/audit.json', { headers })).text()) as AuditEvent[];
    expect(cells).toHaveLength(1 + events.length);
    expect(new Set(cells.map(({ length }) => length))).toEqual(new Set([14]));
    for (const cell of cells.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
    const plain = cells.flat().map((cell) => cell.replace(/^'(?=[=+\-@\t\r])/, ''));
    expect(plain).toEqual(expect.arrayContaining([...controls, '=HYPERLINK("http://evil.example","x")', '-1+1']));
  });

  it('cannot forge a line in the log', async () => {
    for (const text of everything) {
      const headers = { 'X-Request-Id': asBytes(text), 'User-Agent': asBytes(text), Accept: asBytes(text) };
      const sendable = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, value.replace(/[\r\n\0]/g, ' ')]),
      );
      const response = await app.ask(`/${encodeURIComponent(text)}?q=${encodeURIComponent(text)}`, {
        ...{ headers: sendable, ip: '127.0.0.1' },
      });
      expect(response.headers.get('x-request-id')).toMatch(/^[\w.:+/=-]{1,128}$/);
    }
    await expectLogLines(app.logLines);
  });

  it('cannot forge a line in the log through an identity provider', async () => {
    const sso = await openSsoWorld();
    for (const text of everything) {
      const browser = openConsole(sso);
      const { location } = await browser.get('/login/sso');
      await browser.get(sso.provider.callbackFor(location ?? '', { error: 'server_error', error_description: text }));
      const again = await browser.get('/login/sso');
      await browser.get(sso.provider.callbackFor(again.location ?? '', { iss: text }));
    }
    for (const text of everything) {
      sso.provider.manipulate({
        claims: (own) => ({ ...own, email: undefined, [text]: text }),
        userInfo: { email: undefined },
      });
      const browser = openConsole(sso);
      const { location } = await browser.get('/login/sso');
      await browser.get(sso.provider.callbackFor(location ?? ''));
    }
    await sso.close();
    expect(sso.logLines.join('')).toContain('The identity provider returned');
    expect(sso.logLines.join('')).toContain('single sign-on was refused');
    await expectLogLines(sso.logLines);
  });

  async function expectLogLines(lines: string[]): Promise<void> {
    const keys = [
      'level',
      'time',
      'msg',
      'method',
      'path',
      'status',
      'ms',
      'request_id',
      'err',
      'mail',
      'attempts',
      'error',
      ...['cause', 'setting', 'claim', 'subject', 'email', 'received'],
    ];
    for (const line of lines) {
      expect(line.endsWith('\n')).toBe(true);
      expect(line.slice(0, -1)).not.toMatch(unsafeCharacters);
      const parsed = JSON.parse(line) as Record<string, unknown>;
      expect(Object.keys(parsed).filter((key) => !keys.includes(key))).toEqual([]);
      expect(parsed.msg).not.toBe('forged');
    }
    expect(lines.length).toBeGreaterThan(50);
  }
});

describe('the CLI', () => {
  const commands: Array<[string[], number]> = [
    [['list', '--all'], everything.length],
    [['users', 'list'], 2 + everything.length + emails.length],
    [['clients', 'list'], 1 + texts.length],
    [['apps', 'list'], everything.length],
    [['audit'], -1],
  ];

  it.each(commands)('prints no unsafe character and one line per row for %s', async (argv, rows) => {
    const piped = await cli.run(argv);
    const lines = piped.stdout.split('\n').slice(0, -1);
    expect(new Set(lines.map((line) => line.split('\t').length)).size).toBe(1);
    if (rows >= 0) expect(lines).toHaveLength(1 + rows);
    expect(piped.stdout.replace(/[\t\n]/g, '')).not.toMatch(unsafeCharacters);
    for (const columns of [60, 200]) {
      const { code, stdout, stderr } = await cli.run(argv, { columns });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the CLI's own colours
      expect(stdout.replace(/\u001b\[[0-9;]*m/g, '').replaceAll('\n', '')).not.toMatch(unsafeCharacters);
      expect(stdout.split('\n')).toHaveLength(lines.length + 1);
    }
  });

  it.each(commands)('prints JSON without control characters for %s --json', async (argv) => {
    for (const columns of [undefined, 80]) {
      const { stdout } = await cli.run([...argv, '--json'], columns === undefined ? {} : { columns });
      expect(JSON.parse(stdout)).toBeInstanceOf(Array);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the test searches for them
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
  });

  it('prints a token in the same number of lines, whatever its name, and no unsafe character in errors', async () => {
    const env = { TOKENS_SESSION: app.dev.session };
    const lineCounts = new Set<number>();
    for (const text of everything) {
      const shown = await cli.run(['show', '--', text], { env });
      expect({ text, code: shown.code }).toEqual({ text, code: 0 });
      expect((shown.stdout + shown.stderr).replace(/[\t\n]/g, '')).not.toMatch(unsafeCharacters);
      lineCounts.add(shown.stdout.split('\n').length);
      const missing = await cli.run(['revoke', '--yes', '--', `${text} not`], { env, columns: 80, stderrIsTTY: true });
      expect(missing.code).toBe(3);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the CLI's own colours
      expect(missing.stderr.replace(/\u001b\[[0-9;]*m/g, '').replaceAll('\n', '')).not.toMatch(unsafeCharacters);
    }
    expect(lineCounts.size).toBe(1);
  });

  const bodiesWith = (text: string) => {
    const problem = { type: text, title: text, status: 400, detail: text, code: text, request_id: text };
    return [JSON.stringify({ ...problem, errors: [{ pointer: text, detail: text }] }), text, `<html>${text}`];
  };

  it.each(['', '--verbose', '--json'])('prints no unsafe character from a hostile server for list %s', async (flag) => {
    for (const body of controls.flatMap(bodiesWith)) {
      const type = body.startsWith('{') ? 'application/problem+json' : 'text/html';
      const fetch = async () => new Response(body, { status: 400, headers: { 'Content-Type': type } });
      const { stdout, stderr } = await cli.run(['list', ...(flag === '' ? [] : [flag])], { fetch });
      const output = `${stdout}${stderr}`.replaceAll('\n', '');
      // JSON is for programs, which direction and zero-width characters do not affect.
      if (flag === '--json') JSON.parse(stderr);
      expect(flag === '--json' ? output.replace(/\p{Cf}|[\u2028\u2029]/gu, '') : output, body).not.toMatch(
        unsafeCharacters,
      );
    }
  });
});

it('sends mail to an unusual email address only', async () => {
  const mailer = createSmtpMailer({ url: mailServer.url, from: { name: '', address: 'tokens@example.com' } });
  for (const email of emails) await requestPasswordLink(app, email);
  const mails = (await app.mails()).filter(({ subject }) => subject.endsWith('Set your password'));
  for (const mail of mails) await mailer.send(mail);
  expect(mailServer.received.map(({ recipients }) => recipients)).toEqual(emails.map((email) => [email]));
  expect(mailServer.received.map(({ parsed }) => [parsed.to].flat().length)).toEqual(emails.map(() => 1));
  for (const { parsed } of mailServer.received.splice(0)) expect(parsed.headers.has('bcc')).toBe(false);
});

describe.skipIf(!chromiumIsHere)('a stored hostile text in a browser', () => {
  it('is displayed as text on every page', async () => {
    const paths: Array<[Member, string]> = [
      ...['/organization/team', `/organization/team/${app.dev.id}`, '/organization/audit'].map(
        (path): [Member, string] => [app.root, path],
      ),
      ...['/profile', '/profile/api-tokens', '/profile?dialog=end-others'].map((path): [Member, string] => [
        app.dev,
        path,
      ]),
      ...everything.flatMap((text): Array<[Member, string]> => {
        const q = encodeURIComponent(text);
        const queries = `?q=${q}&done=${q}&dialog=${q}&id=${q}&cursor=`;
        return [
          [app.root, `/organization/audit?user=${q}&from=${q}&to=${q}&action=${q}`],
          [app.root, `/organization/team${queries}`],
          [app.dev, `/profile/api-tokens${queries}`],
          [app.dev, `/device/approve?user_code=${q}`],
          [app.dev, `/unknown/${q}`],
        ];
      }),
    ];
    const pages = await Promise.all(paths.map(async ([as, path]) => (await openConsole(app, as).get(path)).html));
    const inspected = await inspectHtml(pages);
    for (const [index, { unsafe }] of inspected.entries())
      expect({ path: paths[index], unsafe }).toMatchObject({ unsafe: [] });
    expect(inspected[0]?.text).toContain(organization);
    expect(inspected[4]?.text).toContain('"><img src=x onerror=window.pwned=1>');
  });

  it('is displayed as text in every mail, which goes only to its owner and has a subject of one line', async () => {
    const mailer = createSmtpMailer({ url: mailServer.url, from: { name: '', address: 'tokens@example.com' } });
    for (const value of world.values.keys()) {
      expect((await world.client.revoke({ token: value })).status).toBe(200);
    }
    const mails = await app.mails();
    for (const mail of mails.filter(({ to }) => to === app.dev.email)) await mailer.send(mail);
    expect(mailServer.received.length).toBe(texts.length + everything.length);
    const fields = new Set<string>();
    for (const { parsed, raw, recipients } of mailServer.received) {
      expect(recipients).toEqual([app.dev.email]);
      expect(parsed.to).toMatchObject({ text: app.dev.email });
      fields.add(
        parsed.headerLines
          .map(({ key }) => key)
          .sort()
          .join(),
      );
      expect(parsed.subject).toMatch(/^\[ACME ".* revoked$|^\[ACME ".* created$/u);
      expect(parsed.subject).not.toMatch(unsafeCharacters);
      expect(parsed.text?.replaceAll('\n', '')).not.toMatch(unsafeCharacters);
      for (const line of raw.toString('latin1').split('\r\n')) expect(line.length).toBeLessThan(998);
    }
    expect([...fields]).toHaveLength(1);
    const inspected = await inspectHtml(
      mailServer.received.map(({ parsed }) => parsed.html || ''),
      publicUrl,
    );
    expect(inspected.flatMap(({ unsafe }) => unsafe)).toEqual([]);
    expect(inspected.map(({ text }) => text).join()).toContain('onerror=window');
  });
});
