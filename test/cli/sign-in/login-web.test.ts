import { get as httpGet, request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appFetch, onTerminal, openTestCliWithApp, type Surroundings, serverUrl } from '../../helpers/cli/cli.ts';
import { openConsole } from '../../helpers/console/pages.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
});
afterEach(() => cli.close());

const account = 'tokens.example.com/session';
const codeIn = (stderr: string) => /\n {2}([A-Z]{4}-[A-Z]{4})\n/.exec(stderr)?.[1] ?? '';

/** Enters the code in the browser and approves or denies the sign-in. */
async function decideDevice(userCode: string, decision: string) {
  const browser = openConsole(cli.app, cli.app.dev);
  await browser.get('/device');
  const { location } = await browser.submit('/device', { user_code: userCode });
  await browser.get(location ?? '');
  await browser.submit('/device/approve', { decision });
}

/** The app as a `fetch` that passes each user code it issues to `onCode`. */
function fetchWithCodes(onCode: (code: string) => void): typeof fetch {
  const send = appFetch(cli.app);
  return async (input, init) => {
    const response = await send(input, init);
    if (String(input).endsWith('/oauth/device_authorization')) {
      onCode(((await response.clone().json()) as { user_code: string }).user_code);
    }
    return response;
  };
}

describe('tokens login --no-browser', () => {
  /** Runs the command and calls `beforePoll` before each poll. */
  async function login(beforePoll: (poll: number, code: string) => Promise<void>, more: Surroundings = {}) {
    let code = '';
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms / 1000);
      cli.app.clock.advance(ms);
      await beforePoll(waits.length, code);
    };
    const fetch = fetchWithCodes((userCode) => {
      code = userCode;
    });
    const ran = await cli.run(['login', '--no-browser'], { fetch, sleep, ...more });
    return { ...ran, waits };
  }

  it('prints the address and the code without a terminal, and stores the session after approval', async () => {
    const ran = await login(async (poll, code) => {
      if (poll === 2) await decideDevice(code, 'approve');
    });
    expect(ran).toMatchObject({ code: 0, stdout: '', waits: [5, 5] });
    expect(ran.stderr).toContain('https://tokens.example.com/device');
    expect(codeIn(ran.stderr)).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(ran.stderr).toContain('Signed in to https://tokens.example.com as dev@example.com.');
    const session = cli.keychain.entries.get(account) ?? '';
    expect(session).toMatch(/^session_/);
    expect(ran.stderr).not.toContain(session);
    expect((await cli.run(['whoami'])).stdout).toContain('dev@example.com');
  });

  it('prints address and code as one line of JSON with --json', async () => {
    let code = '';
    const fetch = fetchWithCodes((userCode) => {
      code = userCode;
    });
    const ran = await cli.run(['login', '--no-browser', '--json'], {
      fetch,
      sleep: async (ms) => {
        cli.app.clock.advance(ms);
        await decideDevice(code, 'approve');
      },
    });
    expect(ran.code).toBe(0);
    const uri = 'https://tokens.example.com/device';
    expect(JSON.parse(ran.stderr)).toEqual({ verification_uri: uri, user_code: code, expires_in: 600 });
  });

  it('exits 4 and stores nothing if the sign-in is denied', async () => {
    const ran = await login((_poll, code) => decideDevice(code, 'deny'));
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('denied');
    expect(cli.keychain.entries.size).toBe(0);
  });

  it('exits 6 when the code expires after ten minutes', async () => {
    const ran = await login(async () => undefined);
    expect(ran.code).toBe(6);
    expect(ran.waits.length).toBe(120);
    expect(cli.keychain.entries.size).toBe(0);
  });

  it('increases the polling interval by five seconds after slow_down', async () => {
    const send = appFetch(cli.app);
    let polls = 0;
    let code = '';
    const fetch: typeof globalThis.fetch = async (input, init) => {
      if (String(input).endsWith('/oauth/token')) {
        polls += 1;
        if (polls === 1 || polls === 3) return Response.json({ error: 'slow_down' }, { status: 400 });
      }
      const response = await send(input, init);
      if (String(input).endsWith('/oauth/device_authorization')) {
        code = ((await response.clone().json()) as { user_code: string }).user_code;
      }
      return response;
    };
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms / 1000);
      cli.app.clock.advance(ms);
      if (waits.length === 5) await decideDevice(code, 'approve');
    };
    const ran = await cli.run(['login', '--no-browser'], { fetch, sleep });
    expect({ code: ran.code, waits }).toEqual({ code: 0, waits: [5, 10, 10, 15, 15] });
  });

  it('keeps polling after lost responses, with increasing delays', async () => {
    const send = fetchWithCodes((userCode) => {
      code = userCode;
    });
    let code = '';
    let polls = 0;
    const fetch: typeof globalThis.fetch = async (input, init) => {
      if (String(input).endsWith('/oauth/token')) {
        polls += 1;
        if (polls <= 2)
          throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) });
        if (polls === 3) return new Response('Bad gateway', { status: 502 });
      }
      return send(input, init);
    };
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms / 1000);
      cli.app.clock.advance(ms);
      if (waits.length === 5) await decideDevice(code, 'approve');
    };
    const ran = await cli.run(['login', '--no-browser'], { fetch, sleep });
    expect({ code: ran.code, waits }).toEqual({ code: 0, waits: [5, 10, 20, 40, 5] });
  });

  it('exits 130 on Ctrl-C and stores nothing', async () => {
    const cancel = new AbortController();
    const ran = await cli.run(['login', '--no-browser'], {
      signal: cancel.signal,
      sleep: async () => {
        cancel.abort();
        throw cancel.signal.reason;
      },
    });
    expect(ran.code).toBe(130);
    expect(cli.keychain.entries.size).toBe(0);
  });

  it('cannot be combined with --email', async () => {
    expect((await cli.run(['login', '--no-browser', '--email', 'dev@example.com'])).code).toBe(2);
  });
});

describe('tokens login in the browser', () => {
  const visit = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<number>((resolve, reject) => {
      const req =
        method === 'GET' ? httpGet(url, { headers, agent: false }) : httpRequest(url, { method, agent: false });
      req.on('response', (res) => resolve(res.resume().statusCode ?? 0)).on('error', reject);
      if (method !== 'GET') req.end();
    });

  /** Approves or denies the sign-in in the browser. Returns the address it is redirected to. */
  async function decide(url: string, decision: string): Promise<string> {
    const { pathname, search } = new URL(url);
    const browser = openConsole(cli.app, cli.app.dev);
    await browser.get(pathname + search);
    const { location } = await browser.submit('/oauth/authorize', { decision });
    return location ?? '';
  }

  /** Runs `login` with a browser that calls `browse` in the background. */
  async function login(browse: (url: string) => Promise<unknown>, more: Surroundings = {}, args = ['login']) {
    const visits: Promise<unknown>[] = [];
    const openBrowser = async (url: string) => {
      visits.push(browse(url));
      return true;
    };
    const ran = await cli.run(args, { answers: [''], openBrowser, ...more });
    await Promise.all(visits);
    return ran;
  }

  it('starts when the email is left empty, and stores the session', async () => {
    const ran = await login(async (url) => visit(await decide(url, 'approve')));
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect(ran.stderr).toContain('Signed in to https://tokens.example.com as dev@example.com.');
    expect(ran.stderr).toContain(`${serverUrl}/oauth/authorize?`);
    expect(cli.keychain.entries.get(account)).toMatch(/^session_/);
  });

  it('exits 4 and stores nothing if the sign-in is denied', async () => {
    const ran = await login(async (url) => visit(await decide(url, 'deny')));
    expect(ran.code).toBe(4);
    expect(cli.keychain.entries.size).toBe(0);
  });

  it('ignores requests other than the redirect', async () => {
    const statuses: number[] = [];
    let base = '';
    const ran = await login(async (url) => {
      const redirect = new URL(new URL(url).searchParams.get('redirect_uri') ?? '');
      base = redirect.origin;
      const back = await decide(url, 'approve');
      const foreign = new URL(back);
      foreign.searchParams.set('state', 'another');
      const strays: Array<[string, Record<string, string>, string]> = [
        [redirect.href, {}, 'GET'],
        [foreign.href, {}, 'GET'],
        [`${base}/`, {}, 'GET'],
        [back.replace('/callback', '/other'), {}, 'GET'],
        [back, { Host: 'evil.example' }, 'GET'],
        [back, { Host: `localhost:${redirect.port}` }, 'GET'],
        [back, {}, 'POST'],
      ];
      for (const [address, headers, method] of strays) statuses.push(await visit(address, headers, method));
      statuses.push(await visit(back));
    });
    expect(statuses).toEqual([404, 404, 404, 404, 404, 404, 404, 200]);
    expect(ran.code).toBe(0);
    await expect(visit(`${base}/callback`), 'login has stopped listening').rejects.toThrow('ECONNREFUSED');
  });

  it.each([
    ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example')],
    ['no issuer', (url: URL) => url.searchParams.delete('iss')],
    ['another code', (url: URL) => url.searchParams.set('code', `code_${'A'.repeat(43)}`)],
  ])('rejects a redirect with %s', async (_what, change) => {
    const ran = await login(async (url) => {
      const back = new URL(await decide(url, 'approve'));
      change(back);
      await visit(back.href);
    });
    expect(ran.code).toBe(1);
    expect(cli.keychain.entries.size).toBe(0);
    expect(ran.stderr).not.toMatch(/\bat .*\.(ts|js):/);
  });

  it('falls back to a device code if no browser opens', async () => {
    let code = '';
    const ran = await cli.run(['login'], {
      answers: [''],
      openBrowser: async () => false,
      fetch: fetchWithCodes((userCode) => {
        code = userCode;
      }),
      sleep: async (ms) => {
        cli.app.clock.advance(ms);
        await decideDevice(code, 'approve');
      },
    });
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain(code);
  });

  it('exits 130 on Ctrl-C and stops listening', async () => {
    const cancel = new AbortController();
    let redirect = '';
    const ran = await login(
      async (url) => {
        redirect = new URL(url).searchParams.get('redirect_uri') ?? '';
        setImmediate(() => cancel.abort());
      },
      { signal: cancel.signal },
    );
    expect(ran.code).toBe(130);
    await expect(visit(redirect)).rejects.toThrow('ECONNREFUSED');
  });

  it('opens only https addresses', async () => {
    const send = appFetch(cli.app);
    for (const authorization_endpoint of ['http://evil.example/a', 'file:///etc/passwd', 'javascript:1']) {
      const fetch: typeof globalThis.fetch = async (input, init) =>
        String(input).includes('/.well-known/')
          ? Response.json({ issuer: serverUrl, authorization_endpoint })
          : send(input, init);
      const opened: string[] = [];
      const ran = await cli.run(['login'], {
        answers: [''],
        fetch,
        openBrowser: async (url) => {
          opened.push(url);
          return true;
        },
      });
      expect({ code: ran.code, opened }).toEqual({ code: 2, opened: [] });
    }
  });

  it('rejects --sso if the server has no single sign-on', async () => {
    const ran = await cli.run(['login', '--sso', '--json'], { openBrowser: async () => true });
    expect(ran.code).toBe(2);
    expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'usage' });
  });
});

describe('tokens servers', () => {
  const servers = ['https://a.example.com', 'https://b.example.com'];
  const login = (url: string) =>
    cli.run(['login', url, '--email', 'dev@example.com', '--password-stdin'], { stdin: cli.app.dev.password });
  const env = { TOKENS_SERVER: '' };

  it('lists, selects and removes servers', async () => {
    expect((await cli.run(['servers', 'list', '--json'], { env })).stdout).toBe('[]\n');
    for (const server of servers) await login(server);
    const listed = JSON.parse((await cli.run(['servers', 'list', '--json'], { env })).stdout);
    expect(listed).toEqual([
      { url: servers[0], email: 'dev@example.com', credential_store: 'keychain', current: false },
      { url: servers[1], email: 'dev@example.com', credential_store: 'keychain', current: true },
    ]);
    expect((await cli.run(['servers', 'use', 'A.example.com'], { env })).code).toBe(0);
    expect((await cli.run(['whoami'], { env })).stdout).toContain('https://a.example.com');
    expect((await cli.run(['servers', 'list'], { env })).stdout).toContain('https://a.example.com\tdev@example.com');

    const session = cli.keychain.entries.get('a.example.com/session');
    expect((await cli.run(['servers', 'remove', 'https://a.example.com/'], { env })).code).toBe(0);
    expect(cli.keychain.entries.has('a.example.com/session')).toBe(false);
    const response = await cli.app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${session}` } });
    expect(response.status).toBe(401);
    expect((await cli.run(['whoami'], { env })).code, 'no server is selected').toBe(2);
    expect((await cli.run(['whoami', '--server', servers[1] ?? ''])).code).toBe(0);
  });

  it('exits 3 for an unknown server', async () => {
    for (const verb of ['use', 'remove']) {
      const ran = await cli.run(['servers', verb, 'https://nowhere.example.com', '--json'], { env });
      expect(ran.code).toBe(3);
      expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'server-not-known', status: 0 });
    }
  });

  it('removes an unreachable server and exits 6 because its session stays valid', async () => {
    await login(servers[0] ?? '');
    const fetch = () =>
      Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }));
    expect((await cli.run(['servers', 'remove', 'a.example.com'], { env, fetch })).code).toBe(6);
    expect((await cli.run(['servers', 'list', '--json'], { env })).stdout).toBe('[]\n');
    expect(cli.keychain.entries.size).toBe(0);
  });
});
