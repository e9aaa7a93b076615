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

const here = hasRealParts('script', 'stty');
const esc = '\u001b';
const colour = new RegExp(`${esc}\\[\\d+m`);
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

/** The program on a terminal, of somebody without a session. */
function stranger(args: string[], options: TerminalOptions = {}) {
  return startOnTerminal(args, { ...options, env: { ...home.env, TOKENS_CREDENTIAL_STORE: 'file', ...options.env } });
}

/** The program on a terminal, of somebody who is signed in. */
function as(client: Client, args: string[], options: TerminalOptions = {}) {
  return stranger(args, {
    ...options,
    env: { TOKENS_SERVER: daemon.url, TOKENS_SESSION: client.session, ...options.env },
  });
}

/** Exit 130, the terminal as it was, and nothing that looks like a crash. */
async function expectCancelled(terminal: ReturnType<typeof stranger>) {
  const { code, screen, settings } = await terminal.ended();
  expect(code).toBe(130);
  expect(settings).toEqual(expect.arrayContaining(['echo', 'icanon', 'isig']));
  expect(screen).toContain('Cancelled');
  expect(screen).not.toMatch(/error:|\bat .*\.js/);
  expect(screen.lastIndexOf(`${esc}[?25l`)).toBeLessThanOrEqual(screen.lastIndexOf(`${esc}[?25h`));
}

/** `path` as the last use of a token, as a proxy would tell it. */
async function use(client: Client, token: { id: string; token: string }, path: string) {
  await verify(daemon.url, token.token, { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': path });
  await usedOnce(client, token.id);
}

function usedOnce(client: Client, id: string) {
  return eventually(async () => {
    const { last_used } = (await (await client.request('GET', `/tokens/${id}`)).json()) as { last_used: unknown };
    return last_used;
  }, 'the use to be written');
}

describe.skipIf(!here)('signing in', () => {
  it('asks for email and password, and never shows the password', async () => {
    const terminal = stranger(['login', daemon.url]);
    await terminal.answer('Email', superuser.email + enter);
    await terminal.answer('Password', superuser.password + enter);
    const { code, screen, settings } = await terminal.ended();
    expect(code).toBe(0);
    expect(screen).toContain(`Signed in to ${daemon.url} as ${superuser.email}.`);
    expect(screen).not.toContain(superuser.password.slice(0, 3));
    expect(settings).toEqual(expect.arrayContaining(['echo', 'icanon']));
  });

  it('does not show a password that is typed before its prompt', async () => {
    const terminal = stranger(['login', daemon.url]);
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
    const elsewhere = await makeHome();
    const terminal = stranger(['login', ...args()], { env: elsewhere.env });
    await terminal.answer(question, `half an answer${ctrlC}`);
    await expectCancelled(terminal);
    expect(await readdir(elsewhere.path)).toEqual([]);
    await elsewhere.remove();
  });

  it('cancels at the end of input as with Ctrl-C', async () => {
    const terminal = stranger(['login', daemon.url]);
    await terminal.answer('Email', ctrlD);
    await expectCancelled(terminal);
  });

  it('restores the terminal after SIGTERM at a prompt', async () => {
    const terminal = stranger(['login', daemon.url, '--email', superuser.email]);
    await terminal.answer('Password', 'half an ans');
    terminal.kill('SIGTERM');
    const { settings, screen } = await terminal.ended();
    expect(screen).toContain('Cancelled.');
    expect(settings).toEqual(expect.arrayContaining(['echo', 'icanon', 'isig']));
  });

  it('asks whether to use a file without a keychain, and Enter means no', async () => {
    const elsewhere = await makeHome();
    const env = { ...elsewhere.env, TOKENS_CREDENTIAL_STORE: '' };
    const refused = stranger(['login', daemon.url], { env });
    await refused.answer('(y/N)', enter);
    await expectCancelled(refused);
    expect(await readdir(elsewhere.path)).toEqual([]);

    const accepted = stranger(['login', daemon.url], { env });
    await accepted.answer('(y/N)', `y${enter}`);
    await accepted.answer('Email', superuser.email + enter);
    await accepted.answer('Password', superuser.password + enter);
    expect((await accepted.ended()).code).toBe(0);
    expect(await readdir(join(elsewhere.path, '.config', 'tokens'))).toEqual(['config.json', 'credentials.json']);
    await elsewhere.remove();
  });

  it('asks nothing if stderr is not a terminal', async () => {
    for (const args of [['login', daemon.url], ['check']]) {
      const { code } = await as(root, args, { redirect: '2>/dev/null' }).ended();
      expect(code).toBe(2);
    }
  });
});

describe.skipIf(!here)('a question', () => {
  it('of revoke takes Enter as no, and the token keeps working', async () => {
    const { token } = await dev.createToken('kept');
    const terminal = as(dev, ['revoke', 'kept']);
    await terminal.answer('(y/N)', enter);
    await expectCancelled(terminal);
    expect((await verify(daemon.url, token)).status).toBe(200);
  });

  it('of revoke takes Ctrl-C as no', async () => {
    const { token } = await dev.createToken('kept as well');
    const terminal = as(dev, ['revoke', 'kept as well']);
    await terminal.answer('(y/N)', ctrlC);
    await expectCancelled(terminal);
    expect((await verify(daemon.url, token)).status).toBe(200);
  });

  it('of revoke takes y as yes', async () => {
    const { token, prefix } = await dev.createToken('gone');
    const terminal = as(dev, ['revoke', 'gone']);
    await terminal.answer('(y/N)', `y${enter}`);
    const { code, screen } = await terminal.ended();
    expect(code).toBe(0);
    expect(screen).toContain(`Revoked gone (${prefix}).`);
    expect((await verify(daemon.url, token)).status).toBe(401);
  });

  it('of offboard takes Ctrl-C as no', async () => {
    const terminal = as(root, ['offboard', dev.user.email]);
    await terminal.answer('(y/N)', ctrlC);
    await expectCancelled(terminal);
    expect((await dev.request('GET', '/me')).status).toBe(200);
  });

  it.each(['Current password', 'New password', 'New password again'])('“%s” takes Ctrl-C as cancel', async (stop) => {
    const terminal = as(dev, ['password']);
    for (const question of ['Current password', 'New password', 'New password again']) {
      await terminal.answer(question, question === stop ? ctrlC : `a secret of some length${enter}`);
      if (question === stop) break;
    }
    await expectCancelled(terminal);
    const { screen } = await terminal.ended();
    expect(screen).not.toContain('a secret');
  });

  it('of check does not show the value', async () => {
    const { token, prefix } = await dev.createToken('to check');
    const terminal = as(dev, ['check']);
    await terminal.answer('Token', token + enter);
    const { code, screen } = await terminal.ended();
    expect(code).toBe(0);
    expect(linesOf(screen).at(-1)).toBe(`active  ${prefix}  to check  ${dev.user.email}`);
    expect(screen).not.toContain(token);
  });

  it('is not needed for Ctrl-C: it also cancels a request', async () => {
    const hole = createServer((socket) => void socket.on('error', () => {}).resume());
    const port = await listen(hole);
    const waiting = as(dev, ['list', '--verbose'], { env: { TOKENS_SERVER: `http://127.0.0.1:${port}` } });
    await waiting.answer('> GET', ctrlC);
    await expectCancelled(waiting);
    hole.close();
  });
});

describe.skipIf(!here)('terminal output', () => {
  it('warns that a new value cannot be shown again', async () => {
    const { code, screen } = await as(dev, ['create', 'on a terminal']).ended();
    expect(code).toBe(0);
    expect(linesOf(screen)).toEqual([
      expect.stringMatching(/^tok_[0-9A-Za-z]{38}$/),
      expect.stringContaining('cannot be shown again'),
    ]);
  });

  it.each([40, 80, 120])('fits a list into %i columns, and cuts the middle of a path first', async (columns) => {
    const member = await addDeveloper(daemon.url, root, `wide${columns}@example.com`);
    await member.createToken('日本語のトークン');
    await use(member, await member.createToken('ci-pipeline'), longPath);
    const { screen } = await as(member, ['list'], { columns }).ended();
    const lines = linesOf(screen);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    const [, used = ''] = lines;
    if (columns >= 80) expect(used).toMatch(/^ci-pipeline +tok_\w{8} .* · GET \/\S*…\S*d · 127\.0\.0\.1 +active$/);
  });

  it('is colored, except with NO_COLOR or --no-color', async () => {
    const list = ['list', '--status', 'active'];
    expect((await as(dev, list).ended()).screen).toMatch(colour);
    expect((await as(dev, list, { env: { NO_COLOR: '1' } }).ended()).screen).not.toMatch(colour);
    expect((await as(dev, [...list, '--no-color']).ended()).screen).not.toMatch(colour);
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
    expect(screen).not.toMatch(colour);
  });

  it('contains no escape or control character of a recorded use', async () => {
    const created = await dev.createToken('attacked');
    // As far as HTTP lets them through: C1 controls are obs-text (RFC 9110 §5.5), U+202E comes as UTF-8.
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
    await usedOnce(dev, created.id);
    for (const args of [['list'], ['show', 'attacked'], ['list', '--json'], ['show', 'attacked', '--json']]) {
      const { screen } = await as(dev, [...args, '--no-color'], { columns: 200 }).ended();
      expect(screen).toContain('/a%1b');
      // JSON keeps what is there, and so has to spell what a terminal obeys.
      const forbidden = args.includes('--json') ? /\p{Cc}/u : /[\p{Cc}\p{Cf}]/u;
      expect(screen.replaceAll('\r\n', '')).not.toMatch(forbidden);
    }
  });
});
