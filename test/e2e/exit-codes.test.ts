import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../helpers/app/http.ts';
import { type Home, makeHome } from '../helpers/cli/home.ts';
import { addDeveloper, type Client, signIn } from '../helpers/daemon/api.ts';
import { type Daemon, freePort, prepareDaemon, startDaemon, superuser } from '../helpers/daemon/daemon.ts';
import { eventually, type Finished, runProgram } from '../helpers/daemon/process.ts';

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let home: Home;
let root: Client;
let dev: Client;
let throttled: Promise<Finished>;

beforeAll(async () => {
  [prepared, home] = await Promise.all([prepareDaemon(), makeHome()]);
  daemon = await startDaemon(prepared.dataDir);
  root = await signIn(daemon.url, superuser);
  dev = await addDeveloper(daemon.url, root);
  // Started here because it takes several seconds and can run during the other tests.
  throttled = loginAfterWrongPasswords();
});

afterAll(async () => {
  await daemon.stop();
  await Promise.all([prepared.remove(), home.remove()]);
});

/** Runs `tokens` with the client's session in TOKENS_SESSION, or without a session for null. */
function as(client: Client | null, args: string[], env: Record<string, string> = {}, input = '') {
  const session: Record<string, string> = client ? { TOKENS_SESSION: client.session } : {};
  return runProgram('tokens', args, { env: { ...home.env, TOKENS_SERVER: daemon.url, ...session, ...env }, input });
}

/** Runs `tokens list` against a server with this request handler. */
async function listFrom(handler: RequestListener) {
  const server = createServer(handler);
  return withServer(server, (port) => as(dev, ['list'], { TOKENS_SERVER: `http://127.0.0.1:${port}` }));
}

/** Passes the server's port to `act`, and closes the server afterwards. */
async function withServer<T>(server: Server, act: (port: number) => Promise<T>): Promise<T> {
  try {
    return await act(await listen(server));
  } finally {
    server.close();
  }
}

/** Expects this exit code, nothing on stdout, and one error line that contains `hint` on stderr. */
function expectFailure(result: { code: number | null; stdout: string; stderr: string }, code: number, hint: string) {
  expect(result).toMatchObject({ code, stdout: '' });
  expect(result.stderr).toMatch(/^error: .*[.?!]\n( {2}(Request ID|Retry after): .+\n)*$/);
  expect(result.stderr).toContain(hint);
}

describe('exit code 0', () => {
  it('is for success', async () => {
    expect(await as(dev, ['create', 'fine'])).toMatchObject({ code: 0, stderr: '' });
    expect(await as(dev, ['list'])).toMatchObject({ code: 0, stderr: '' });
    expect(await as(dev, ['revoke', 'fine', '--yes'])).toMatchObject({ code: 0, stdout: '' });
    expect(await as(dev, ['revoke', 'fine', '--yes', '--if-exists'])).toMatchObject({ code: 0, stdout: '' });
  });

  it('is for a check of a valid token', async () => {
    const { token, prefix } = await dev.createToken('checked');
    expect(await as(null, ['check'], {}, `${token}\n`)).toEqual({
      code: 0,
      signal: null,
      stdout: `active\t${prefix}\tchecked\t${dev.user.email}\n`,
      stderr: '',
    });
  });

  it('is for signing out, even if not signed in', async () => {
    const emptyHome = await makeHome();
    expect(await runProgram('tokens', ['logout'], { env: emptyHome.env })).toMatchObject({ code: 0, stdout: '' });
    await emptyHome.remove();
  });

  it('is for help and for no command', async () => {
    for (const args of [[], ['--help'], ['create', '--help'], ['--version']])
      expect(await as(null, args)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('exit code 1', () => {
  it('is for a web server other than tokensd', async () => {
    const result = await listFrom((_req, res) => res.setHeader('Content-Type', 'text/html').end('<h1>It works!</h1>'));
    expectFailure(result, 1, 'not from a tokensd');
  });

  it('is for a 404 page of a web server', async () => {
    const result = await listFrom((_req, res) =>
      res.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>No</h1>'),
    );
    expectFailure(result, 1, 'not from a tokensd');
  });

  it('is for a redirect, which is not followed', async () => {
    let requests = 0;
    const result = await listFrom((_req, res) => {
      requests += 1;
      res.writeHead(302, { Location: 'https://login.example.com/sso?next=%2F' }).end();
    });
    expectFailure(result, 1, 'https://login.example.com/sso?next=%2F');
    expect(requests).toBe(1);
  });

  it('is for a gateway that cannot reach the server', async () => {
    const result = await listFrom((_req, res) => res.writeHead(502).end('<h1>Bad Gateway</h1>'));
    expectFailure(result, 1, '502');
  });

  it('is for a 500 response, with the server’s detail and the request ID', async () => {
    const problem = {
      type: 'about:blank',
      title: 'Unexpected error',
      status: 500,
      detail: 'Something went wrong.',
      code: 'internal',
      request_id: '019ab2c4',
    };
    const result = await listFrom((_req, res) => {
      res.writeHead(500, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    expectFailure(result, 1, 'Something went wrong.');
  });

  it('is for a login to a web server other than tokensd, which receives no password', async () => {
    const bodies: string[] = [];
    const server = createServer((req, res) => {
      req.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      req.on('end', () => res.end('{}'));
    });
    const result = await withServer(server, (port) =>
      as(
        null,
        ['login', `http://127.0.0.1:${port}`, '--email', 'a@example.com', '--password-stdin'],
        { TOKENS_CREDENTIAL_STORE: 'file' },
        'a very secret password',
      ),
    );
    expectFailure(result, 1, 'not from a tokensd');
    expect(bodies).toEqual([]);
  });
});

describe('exit code 2', () => {
  it.each([
    ['an unknown command', ['lst']],
    ['an unknown option', ['list', '--nope']],
    ['a missing argument', ['create']],
    ['an extra argument', ['create', 'a', 'b']],
    ['a name with a line break', ['create', 'two\nlines']],
    ['a name of 65 characters', ['create', 'x'.repeat(65)]],
    ['an invalid expiry', ['create', 'x', '--expires', 'soon']],
    ['an expiry in the past', ['create', 'x', '--expires', '2020-01-01']],
    ['--no-print without --store', ['create', 'x', '--no-print']],
    ['an unknown status', ['list', '--status', 'lost']],
    ['an invalid limit', ['list', '--limit', '0']],
    ['a name together with --all', ['revoke', 'x', '--all', '--yes']],
    ['neither a name nor --all', ['revoke', '--yes']],
    ['an empty standard input', ['check']],
    ['an unknown audit action', ['audit', '--action', 'nope']],
    ['plain HTTP to another machine', ['list', '--server', 'http://tokens.example.com']],
    ['credentials in the server address', ['list', '--server', 'https://me:pw@tokens.example.com']],
    ['a server address that is neither http nor https', ['list', '--server', 'ftp://tokens.example.com']],
    ['an invalid email address', ['login', '--email', 'nobody', '--password-stdin', '--credential-store', 'file']],
  ])('is for %s', async (_case, args) => {
    expectFailure(await as(root, args), 2, '');
  });

  it('is for a command without a server address', async () => {
    const result = await runProgram('tokens', ['list'], { env: home.env });
    expectFailure(result, 2, 'tokens login');
  });
});

describe('exit code 3', () => {
  it('is for a token that does not exist', async () => {
    for (const args of [
      ['show', 'nope'],
      ['revoke', 'nope', '--yes'],
      ['get', 'nope'],
    ])
      expectFailure(await as(dev, args), 3, 'nope');
  });

  it('is for a member who does not exist', async () => {
    for (const args of [
      ['grant', 'nobody@example.com'],
      ['offboard', 'nobody@example.com', '--yes'],
    ])
      expectFailure(await as(root, args), 3, 'nobody@example.com');
    expectFailure(await as(root, ['list', '--user', 'nobody@example.com']), 3, 'member');
  });
});

describe('exit code 4', () => {
  it('is for a command without a session', async () => {
    expectFailure(await as(null, ['list']), 4, `tokens login ${daemon.url}`);
  });

  it('is for an invalid session', async () => {
    expectFailure(await as(null, ['whoami'], { TOKENS_SESSION: 'session_nonsense' }), 4, 'TOKENS_SESSION');
  });

  it('is for a session that has ended', async () => {
    const signedOut = await signIn(daemon.url, superuser);
    await signedOut.request('DELETE', '/sessions/current');
    expectFailure(await as(signedOut, ['list']), 4, 'has ended');
  });

  it('is for a superuser command that a regular member runs', async () => {
    for (const args of [
      ['users', 'list'],
      ['grant', 'dev@example.com'],
      ['list', '--all'],
    ])
      expectFailure(await as(dev, args), 4, 'Organization Superuser');
  });

  it('is for a member without the permission, and names the role to ask', async () => {
    const bob = await addDeveloper(daemon.url, root, 'bob@example.com');
    await root.request('PATCH', `/users/${bob.user.id}`, { can_manage_tokens: false });
    expectFailure(await as(bob, ['create', 'x']), 4, 'Organization Superuser');
  });

  it('is for a wrong password', async () => {
    const args = ['login', '--email', superuser.email, '--password-stdin', '--credential-store', 'file'];
    expectFailure(await as(null, args, {}, 'not the password'), 4, 'password');
  });

  it('is for a check of a token that is not active, with the deny reason on stdout', async () => {
    const { token, id, prefix } = await dev.createToken('to be revoked');
    await dev.request('DELETE', `/tokens/${id}`);
    const result = await as(null, ['check'], {}, token);
    expect(result).toMatchObject({ code: 4, stdout: `revoked\t${prefix}\tto be revoked\t${dev.user.email}\n` });
    expect(await as(null, ['check'], {}, 'hunter2')).toMatchObject({ code: 4, stdout: 'malformed\n' });
  });
});

describe('exit code 5', () => {
  it('is for a token name that is already used, in any letter case', async () => {
    await dev.createToken('Taken');
    expectFailure(await as(dev, ['create', 'tAKEN']), 5, 'already');
  });

  it('is for an email address that is already used', async () => {
    expectFailure(await as(root, ['users', 'add', 'DEV@example.com']), 5, 'already');
  });

  it('is for demoting the last superuser', async () => {
    expectFailure(await as(root, ['users', 'demote', superuser.email]), 5, 'last');
  });
});

describe('exit code 6', () => {
  it('is for a port where nothing listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expectFailure(await as(dev, ['list'], { TOKENS_SERVER: url }), 6, `${url} cannot be reached (ECONNREFUSED)`);
  });

  it('is for an unknown host name', async () => {
    expectFailure(await as(dev, ['list'], { TOKENS_SERVER: 'https://tokens.invalid' }), 6, 'cannot be reached');
  });

  it('is for a server that does not respond within TOKENS_TIMEOUT', async () => {
    const silentServer = createTcpServer((socket) => void socket.on('error', () => {}).resume());
    const startedAt = performance.now();
    const result = await withServer(silentServer, (port) =>
      as(dev, ['list'], { TOKENS_SERVER: `http://127.0.0.1:${port}`, TOKENS_TIMEOUT: '1' }),
    );
    expectFailure(result, 6, 'did not respond in time');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('is for a server that closes the connection', async () => {
    expectFailure(await listFrom((req) => req.socket.destroy()), 6, 'cannot be reached');
  });
});

describe('exit code 7', () => {
  it('is for too many wrong passwords, and reports how long to wait', async () => {
    expectFailure(await throttled, 7, '\n  Retry after: ');
  });
});

async function loginAfterWrongPasswords(): Promise<Finished> {
  const email = 'guessed@example.com';
  await addDeveloper(daemon.url, root, email);
  const body = JSON.stringify({ email, password: 'a wrong guess' });
  const request = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
  // Repeats until Retry-After is long enough for a slow machine to start the program before it ends.
  await eventually(
    async () => {
      const seconds = Number((await fetch(`${daemon.url}/api/v1/sessions`, request)).headers.get('retry-after'));
      if (seconds >= 7) return true;
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    },
    'a Retry-After of at least 7 seconds',
    30_000,
  );
  const args = ['login', '--email', email, '--password-stdin', '--credential-store', 'file'];
  return as(null, args, {}, 'a wrong guess');
}
