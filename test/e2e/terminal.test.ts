import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange, listen } from '../helpers/app/http.ts';
import { type Home, makeHome } from '../helpers/cli/home.ts';
import { ctrlC, ctrlD, enter, linesOf, startOnTerminal, type TerminalOptions } from '../helpers/cli/terminal.ts';
import { addDeveloper, type Client, signIn, verify } from '../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../helpers/daemon/daemon.ts';
import { eventually } from '../helpers/daemon/process.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const hasTerminal = hasRealParts('script', 'stty');
const esc = '\u001b';
const colorCode = new RegExp(`${esc}\\[\\d+m`);
const longPath = '/api/v2/organizations/acme/projects/frontend/builds/421337/artifacts/download';

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let home: Home;
let root: Client;
let dev: Client;

beforeAll(async () => {
  [prepared, home] = await Promise.all([prepareDaemon(), makeHome()]);
  daemon = await startDaemon(prepared.dataDir);
  root = await signIn(daemon.url, superuser);
  dev = await addDeveloper(daemon.url, root);
});

afterAll(async () => {
  await daemon.stop();
  await Promise.all([prepared.remove(), home.remove()]);
});

/** Starts the program on a terminal without a session. */
function signedOut(args: string[], options: TerminalOptions = {}) {
  return startOnTerminal(args, { ...options, env: { ...home.env, TOKENS_CREDENTIAL_STORE: 'file', ...options.env } });
}

/** Starts the program on a terminal with the client's session. */
function as(client: Client, args: string[], options: TerminalOptions = {}) {
  return signedOut(args, {
    ...options,
    env: { TOKENS_SERVER: daemon.url, TOKENS_SESSION: client.session, ...options.env },
  });
}

/** Expects exit code 130, a restored terminal, and no sign of a crash. */
async function expectCancelled(terminal: ReturnType<typeof signedOut>) {
  const { code, screen, settings } = await terminal.ended();
  expect(code).toBe(130);
  expect(settings).toEqual(expect.arrayContaining(['echo', 'icanon', 'isig']));
  expect(screen).toContain('Cancelled');
  expect(screen).not.toMatch(/error:|\bat .*\.js/);
  expect(screen.lastIndexOf(`${esc}[?25l`)).toBeLessThanOrEqual(screen.lastIndexOf(`${esc}[?25h`));
}

/** Verifies the token for a request to `path`, and waits until its last use is saved. */
async function use(client: Client, token: { id: string; token: string }, path: string) {
  await verify(daemon.url, token.token, { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': path });
  await waitForLastUse(client, token.id);
}

function waitForLastUse(client: Client, id: string) {
  return eventually(async () => {
    const { last_used } = (await (await client.request('GET', `/tokens/${id}`)).json()) as { last_used: unknown };
    return last_used;
  }, 'the last use to be saved');
}

describe.skipIf(!hasTerminal)('signing in', () => {
  it('asks for email and password, and never shows the password', async () => {
    const terminal = signedOut(['login', daemon.url]);
    await terminal.answer('Email', superuser.email + enter);
    await terminal.answer('Password', superuser.password + enter);
    const { code, screen, settings } = await terminal.ended();
    expect(code).toBe(0);
    expect(screen).toContain(`Signed in to ${daemon.url} as ${superuser.email}.`);
    expect(screen).not.toContain(superuser.password.slice(0, 3));
    expect(settings).toEqual(expect.arrayContaining(['echo', 'icanon']));
  });

  it('hides a password that is typed before its prompt', async () => {
    const terminal = signedOut(['login', daemon.url]);
    await terminal.answer('Email', `nobody@example.com${enter}hunter2 and more${enter}`);
    await terminal.answer('Password', ctrlC);
    const { screen } = await terminal.ended();
    expect(screen).not.toContain('hunter2');
  });

  it.each([
    ['Server address', () => []],
    ['Email', () => [daemon.url]],
    ['Password', () => [daemon.url, '--email', superuser.email]],
  ])('restores the terminal after Ctrl-C at the prompt “%s”', async (question, args) => {
    const emptyHome = await makeHome();
    const terminal = signedOut(['login', ...args()], { env: emptyHome.env });
    await terminal.answer(question, `partial input${ctrlC}`);
    await expectCancelled(terminal);
    expect(await readdir(emptyHome.path)).toEqual([]);
    await emptyHome.remove();
  });

  it('cancels on Ctrl-D', async () => {
    const terminal = signedOut(['login', daemon.url]);
    await terminal.answer('Email', ctrlD);
    await expectCancelled(terminal);
  });

  it('restores the terminal after SIGTERM at a prompt', async () => {
    const terminal = signedOut(['login', daemon.url, '--email', superuser.email]);
    await terminal.answer('Password', 'partial inp');
    terminal.kill('SIGTERM');
    const { settings, screen } = await terminal.ended();
    expect(screen).toContain('Cancelled.');
    expect(settings).toEqual(expect.arrayContaining(['echo', 'icanon', 'isig']));
  });

  it('uses a file if there is no keychain, and says so', async () => {
    const emptyHome = await makeHome();
    const terminal = signedOut(['login', daemon.url], { env: { ...emptyHome.env, TOKENS_CREDENTIAL_STORE: '' } });
    await terminal.answer('Email', superuser.email + enter);
    await terminal.answer('Password', superuser.password + enter);
    const { code, screen } = await terminal.ended();
    expect(code).toBe(0);
    expect(screen.replaceAll(/\s+/g, ' ')).toContain('no usable OS keychain here, so the session is stored in');
    expect(await readdir(join(emptyHome.path, '.config', 'tokens'))).toEqual(['config.json', 'credentials.json']);
    await emptyHome.remove();
  });

  it('exits 2 without a prompt if stderr is not a terminal', async () => {
    for (const args of [['login', daemon.url], ['check']]) {
      const { code } = await as(root, args, { redirect: '2>/dev/null' }).ended();
      expect(code).toBe(2);
    }
  });
});

describe.skipIf(!hasTerminal)('a prompt', () => {
  it('treats Enter as no for revoke', async () => {
    const { token } = await dev.createToken('declined');
    const terminal = as(dev, ['revoke', 'declined']);
    await terminal.answer('(y/N)', enter);
    await expectCancelled(terminal);
    expect((await verify(daemon.url, token)).status).toBe(200);
  });

  it('treats Ctrl-C as no for revoke', async () => {
    const { token } = await dev.createToken('cancelled');
    const terminal = as(dev, ['revoke', 'cancelled']);
    await terminal.answer('(y/N)', ctrlC);
    await expectCancelled(terminal);
    expect((await verify(daemon.url, token)).status).toBe(200);
  });

  it('treats y as yes for revoke', async () => {
    const { token, prefix } = await dev.createToken('confirmed');
    const terminal = as(dev, ['revoke', 'confirmed']);
    await terminal.answer('(y/N)', `y${enter}`);
    const { code, screen } = await terminal.ended();
    expect(code).toBe(0);
    expect(screen).toContain(`Revoked confirmed (${prefix}).`);
    expect((await verify(daemon.url, token)).status).toBe(401);
  });

  it('treats Ctrl-C as no for offboard', async () => {
    const terminal = as(root, ['offboard', dev.user.email]);
    await terminal.answer('(y/N)', ctrlC);
    await expectCancelled(terminal);
    expect((await dev.request('GET', '/me')).status).toBe(200);
  });

  it.each(['Current password', 'New password', 'New password again'])('cancels on Ctrl-C at “%s”', async (stop) => {
    const terminal = as(dev, ['password']);
    for (const question of ['Current password', 'New password', 'New password again']) {
      await terminal.answer(question, question === stop ? ctrlC : `a secret of some length${enter}`);
      if (question === stop) break;
    }
    await expectCancelled(terminal);
    const { screen } = await terminal.ended();
    expect(screen).not.toContain('a secret');
  });

  it('hides the value that check reads', async () => {
    const { token, prefix } = await dev.createToken('to check');
    const terminal = as(dev, ['check']);
    await terminal.answer('Token', token + enter);
    const { code, screen } = await terminal.ended();
    expect(code).toBe(0);
    expect(linesOf(screen).at(-1)).toBe(`active  ${prefix}  to check  ${dev.user.email}`);
    expect(screen).not.toContain(token);
  });

  it('chooses the name, the expiry and the app of a new token', async () => {
    await root.request('POST', '/apps', { name: 'grafana' });
    const terminal = as(dev, ['create']);
    await terminal.answer('Name', `asked${enter}`);
    await terminal.answer('Expires', `soon${enter}`);
    await terminal.answer('Enter 30d', `\u007f\u007f\u007f\u007f30d${enter}`);
    await terminal.answer('any app', `${esc}[B${enter}`);
    const { code, screen } = await terminal.ended();
    expect(code).toBe(0);
    expect(linesOf(screen).join('\n')).toContain('tokens create asked --expires 30d --app grafana');
  });

  it('is not needed for Ctrl-C to cancel, which also stops a pending request', async () => {
    const silentServer = createServer((socket) => void socket.on('error', () => {}).resume());
    const port = await listen(silentServer);
    const terminal = as(dev, ['list', '--verbose'], { env: { TOKENS_SERVER: `http://127.0.0.1:${port}` } });
    await terminal.answer('> GET', ctrlC);
    await expectCancelled(terminal);
    silentServer.close();
  });
});

describe.skipIf(!hasTerminal)('terminal output', () => {
  it('warns that a new value cannot be shown again', async () => {
    const { code, screen } = await as(dev, ['create', 'on a terminal']).ended();
    expect(code).toBe(0);
    expect(linesOf(screen)).toEqual([
      expect.stringMatching(/^tok_[0-9A-Za-z]{38}$/),
      expect.stringContaining('cannot be shown again'),
      'Created on a terminal. It never expires; consider --expires.',
    ]);
  });

  it.each([40, 80, 120])('fits a list into %i columns and shortens the middle of a path first', async (columns) => {
    const member = await addDeveloper(daemon.url, root, `wide${columns}@example.com`);
    await member.createToken('日本語のトークン');
    await use(member, await member.createToken('ci-pipeline'), longPath);
    const { screen } = await as(member, ['list'], { columns }).ended();
    const lines = linesOf(screen);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    const [, used = ''] = lines;
    if (columns >= 80)
      expect(used).toMatch(/^ci-pipeline +tok_\w{8} .* · GET \/\S*…\S*d · 127\.0\.0\.1 +active +never$/);
  });

  it('is colored, except with NO_COLOR or --no-color', async () => {
    const list = ['list', '--status', 'active'];
    expect((await as(dev, list).ended()).screen).toMatch(colorCode);
    expect((await as(dev, list, { env: { NO_COLOR: '1' } }).ended()).screen).not.toMatch(colorCode);
    expect((await as(dev, [...list, '--no-color']).ended()).screen).not.toMatch(colorCode);
  });

  it.each([
    ['NO_COLOR', [], { NO_COLOR: '1' }],
    ['--no-color', ['--no-color'], {}],
    ['TERM=dumb', [], { TERM: 'dumb' }],
  ])('has no colors in questions and errors with %s', async (what, more, env: Record<string, string>) => {
    await dev.createToken(`plain ${what}`);
    const terminal = as(dev, ['revoke', `plain ${what}`, 'nope', ...more], { env });
    await terminal.answer('(y/N)', `y${enter}`);
    const { screen, code } = await terminal.ended();
    expect(code).toBe(3);
    expect(screen).not.toMatch(colorCode);
  });

  it('contains no escape or control characters from a recorded use', async () => {
    const created = await dev.createToken('attacked');
    // HTTP allows C1 controls as obs-text (RFC 9110 §5.5). U+202E is sent as its UTF-8 bytes.
    const { text } = await exchange(
      Number(new URL(daemon.url).port),
      [
        'GET /verify/forward-auth HTTP/1.1',
        'Host: x',
        `Authorization: Token ${created.token}`,
        'X-Forwarded-Method: GET',
        'X-Forwarded-Uri: /a%1b[31m\u009b31mred\u0085\u00e2\u0080\u00ae/x',
        'User-Agent: agent\u009b2J\u009d0;title\u009c\u00e2\u0080\u00ae',
        'Connection: close',
        '',
        '',
      ].join('\r\n'),
    );
    expect(text).toContain('200 OK');
    await waitForLastUse(dev, created.id);
    for (const args of [['list'], ['show', 'attacked'], ['list', '--json'], ['show', 'attacked', '--json']]) {
      const { screen } = await as(dev, [...args, '--no-color'], { columns: 200 }).ended();
      expect(screen).toContain('/a%1b');
      // JSON keeps the stored characters, so it must escape the ones that a terminal interprets.
      const forbidden = args.includes('--json') ? /\p{Cc}/u : /[\p{Cc}\p{Cf}]/u;
      expect(screen.replaceAll('\r\n', '')).not.toMatch(forbidden);
    }
  });
});
