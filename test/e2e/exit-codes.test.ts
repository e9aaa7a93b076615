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
  // It takes its time, so it runs beside all other tests.
  throttled = loginAfterManyGuesses();
});

afterAll(async () => {
  await daemon.stop();
  await Promise.all([prepared.remove(), home.remove()]);
});

/** Runs `tokens` as a script with a session would. */
function as(client: Client | null, args: string[], env: Record<string, string> = {}, input = '') {
  const session: Record<string, string> = client ? { TOKENS_SESSION: client.session } : {};
  return runProgram('tokens', args, { env: { ...home.env, TOKENS_SERVER: daemon.url, ...session, ...env }, input });
}

/** Runs `tokens list` against a server of our own. */
async function against(handler: RequestListener) {
  const server = createServer(handler);
  return closing(server, (port) => as(dev, ['list'], { TOKENS_SERVER: `http://127.0.0.1:${port}` }));
}

async function closing<T>(server: Server, act: (port: number) => Promise<T>): Promise<T> {
  try {
    return await act(await listen(server));
  } finally {
    server.close();
  }
}

/** What every failure looks like: nothing on stdout, one clear word on stderr. */
function expectFailure(ran: { code: number | null; stdout: string; stderr: string }, code: number, hint: string) {
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(ran.stderr).toMatch(/^error: .*[.?!]\n$/);
  expect(ran.stderr).toContain(hint);
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
    const nobody = await makeHome();
    expect(await runProgram('tokens', ['logout'], { env: nobody.env })).toMatchObject({ code: 0, stdout: '' });
    await nobody.remove();
  });

  it('is for help and for no command', async () => {
    for (const args of [[], ['--help'], ['create', '--help'], ['--version']])
      expect(await as(null, args)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('exit code 1', () => {
  it('is for a web server other than tokensd', async () => {
    const ran = await against((_req, res) => res.setHeader('Content-Type', 'text/html').end('<h1>It works!</h1>'));
    expectFailure(ran, 1, 'not a tokensd');
  });

  it('is for a 404 page of a web server', async () => {
    const ran = await against((_req, res) => res.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>No</h1>'));
    expectFailure(ran, 1, 'not a tokensd');
  });

  it('is for a redirect, which is reported and not followed', async () => {
    let asked = 0;
    const ran = await against((_req, res) => {
      asked += 1;
      res.writeHead(302, { Location: 'https://login.example.com/sso?next=%2F' }).end();
    });
    expectFailure(ran, 1, 'https://login.example.com/sso?next=%2F');
    expect(asked).toBe(1);
  });

  it('is for a gateway that cannot reach the server', async () => {
    const ran = await against((_req, res) => res.writeHead(502).end('<h1>Bad Gateway</h1>'));
    expectFailure(ran, 1, '502');
  });

  it('is for a 500 response, with the server’s detail and the request ID', async () => {
    const problem = {
      type: 'about:blank',
      title: 'Unexpected error',
      status: 500,
      detail: 'Something went wrong.',
      code: 'internal',
    };
    const ran = await against((_req, res) => {
      res.writeHead(500, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    expectFailure(ran, 1, 'Something went wrong.');
  });

  it('is for a login to another web server, which receives no password', async () => {
    const bodies: string[] = [];
    const server = createServer((req, res) => {
      req.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      req.on('end', () => res.end('{}'));
    });
    const ran = await closing(server, (port) =>
      as(
        null,
        ['login', `http://127.0.0.1:${port}`, '--email', 'a@example.com', '--password-stdin'],
        { TOKENS_CREDENTIAL_STORE: 'file' },
        'a very secret password',
      ),
    );
    expectFailure(ran, 1, 'not a tokensd');
    expect(bodies).toEqual([]);
  });
});

describe('exit code 2', () => {
  it.each([
    ['a command that does not exist', ['lst']],
    ['an option that does not exist', ['list', '--nope']],
    ['a missing argument', ['create']],
    ['two arguments for one', ['create', 'a', 'b']],
    ['a name that is no name', ['create', 'two\nlines']],
    ['a name of 65 characters', ['create', 'x'.repeat(65)]],
    ['an expiry that is none', ['create', 'x', '--expires', 'soon']],
    ['an expiry in the past', ['create', 'x', '--expires', '2020-01-01']],
    ['--no-print without --store', ['create', 'x', '--no-print']],
    ['a status that is none', ['list', '--status', 'lost']],
    ['a limit that is none', ['list', '--limit', '0']],
    ['names beside --all', ['revoke', 'x', '--all', '--yes']],
    ['no names', ['revoke', '--yes']],
    ['nothing to check', ['check']],
    ['an audit action that is none', ['audit', '--action', 'nope']],
    ['plain http to another machine', ['list', '--server', 'http://tokens.example.com']],
    ['a user name in the address', ['list', '--server', 'https://me:pw@tokens.example.com']],
    ['another scheme', ['list', '--server', 'ftp://tokens.example.com']],
    ['an invalid email address', ['login', '--email', 'nobody', '--password-stdin', '--credential-store', 'file']],
  ])('is for %s', async (_case, args) => {
    expectFailure(await as(root, args), 2, '');
  });

  it('is for a command without a server', async () => {
    const ran = await runProgram('tokens', ['list'], { env: home.env });
    expectFailure(ran, 2, 'tokens login');
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
    const gone = await signIn(daemon.url, superuser);
    await gone.request('DELETE', '/sessions/current');
    expectFailure(await as(gone, ['list']), 4, 'has ended');
  });

  it('is for a superuser’s command from a regular member', async () => {
    for (const args of [
      ['users', 'list'],
      ['grant', 'dev@example.com'],
      ['list', '--all'],
    ])
      expectFailure(await as(dev, args), 4, 'Organization Superuser');
  });

  it('is for a member without the permission, and says whom to ask', async () => {
    const bob = await addDeveloper(daemon.url, root, 'bob@example.com');
    await root.request('PATCH', `/users/${bob.user.id}`, { can_manage_tokens: false });
    expectFailure(await as(bob, ['create', 'x']), 4, 'Organization Superuser');
  });

  it('is for a wrong password', async () => {
    const args = ['login', '--email', superuser.email, '--password-stdin', '--credential-store', 'file'];
    expectFailure(await as(null, args, {}, 'not the password'), 4, 'password');
  });

  it('is for a check of a token that does not work, with the deny reason on stdout', async () => {
    const { token, id, prefix } = await dev.createToken('to be revoked');
    await dev.request('DELETE', `/tokens/${id}`);
    const ran = await as(null, ['check'], {}, token);
    expect(ran).toMatchObject({ code: 4, stdout: `revoked\t${prefix}\tto be revoked\t${dev.user.email}\n` });
    expect(await as(null, ['check'], {}, 'hunter2')).toMatchObject({ code: 4, stdout: 'malformed\n' });
  });
});

describe('exit code 5', () => {
  it('is for a name that is taken, in any case', async () => {
    await dev.createToken('Taken');
    expectFailure(await as(dev, ['create', 'tAKEN']), 5, 'already');
  });

  it('is for an email address that is taken', async () => {
    expectFailure(await as(root, ['users', 'add', 'DEV@example.com']), 5, 'already');
  });

  it('is for the last superuser', async () => {
    expectFailure(await as(root, ['users', 'demote', superuser.email]), 5, 'last');
  });
});

describe('exit code 6', () => {
  it('is for an address where nothing listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expectFailure(await as(dev, ['list'], { TOKENS_SERVER: url }), 6, `${url} cannot be reached (ECONNREFUSED)`);
  });

  it('is for an unknown host name', async () => {
    expectFailure(await as(dev, ['list'], { TOKENS_SERVER: 'https://tokens.invalid' }), 6, 'cannot be reached');
  });

  it('is for a server that accepts the connection and does not respond within TOKENS_TIMEOUT', async () => {
    const hole = createTcpServer((socket) => void socket.on('error', () => {}).resume());
    const begun = performance.now();
    const ran = await closing(hole, (port) =>
      as(dev, ['list'], { TOKENS_SERVER: `http://127.0.0.1:${port}`, TOKENS_TIMEOUT: '1' }),
    );
    expectFailure(ran, 6, 'did not answer in time');
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('is for a server that closes the connection', async () => {
    expectFailure(await against((req) => req.socket.destroy()), 6, 'cannot be reached');
  });
});

describe('exit code 7', () => {
  it('is for too many wrong passwords, and says how long to wait', async () => {
    expectFailure(await throttled, 7, 'again');
  });
});

async function loginAfterManyGuesses(): Promise<Finished> {
  const email = 'guessed@example.com';
  await addDeveloper(daemon.url, root, email);
  const body = JSON.stringify({ email, password: 'a wrong guess' });
  const guess = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
  // Until the wait is long enough for a slow machine to start the program in.
  await eventually(
    async () => {
      const seconds = Number((await fetch(`${daemon.url}/api/v1/sessions`, guess)).headers.get('retry-after'));
      if (seconds >= 7) return true;
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    },
    'a long wait',
    30_000,
  );
  const args = ['login', '--email', email, '--password-stdin', '--credential-store', 'file'];
  return as(null, args, {}, 'a wrong guess');
}
