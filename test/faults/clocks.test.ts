import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, signIn, verify } from '../helpers/daemon/api.ts';
import { type Daemon, freePort, superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { eventually } from '../helpers/daemon/process.ts';
import { createWallClock, type WallClock, wallClockCanBeSet } from '../helpers/faults/wall-clock.ts';
import { startMailServer } from '../helpers/peers/mail-server.ts';

const { cleanUp, newDataDir, start } = useDaemons();
const hour = 3600;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function deviceCodes(url: string) {
  const body = new URLSearchParams({ client_id: 'tokens' });
  const response = await fetch(`${url}/oauth/device_authorization`, { method: 'POST', body });
  return (await response.json()) as { device_code: string };
}

async function poll(url: string, device_code: string): Promise<string> {
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
  const body = new URLSearchParams({ client_id: 'tokens', device_code, grant_type });
  const response = await fetch(`${url}/oauth/token`, { method: 'POST', body });
  return ((await response.json()) as { error: string }).error;
}

describe.skipIf(!wallClockCanBeSet)('a daemon whose wall clock is set', () => {
  let clock: WallClock;
  let daemon: Daemon;
  let root: Client;
  let smtpPort: number;
  beforeEach(async () => {
    clock = createWallClock();
    cleanUp(async () => clock.remove());
    smtpPort = await freePort();
    daemon = await start(await newDataDir(), {
      ...clock.env,
      TOKENSD_LOG_LEVEL: 'info',
      TOKENSD_SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
      TOKENSD_MAIL_FROM: 'tokens@example.com',
    });
    root = await signIn(daemon.url, superuser);
  });
  afterEach(async () => {
    // The missing mail server causes warnings, and the clock causes no errors.
    const failures = daemon
      .stderr()
      .split('\n')
      .filter((line) => line.includes('"level":"error"'));
    expect(failures).toEqual([]);
  });

  const statusOf = async (value: string) => {
    const response = await verify(daemon.url, value);
    return response.headers.get('x-tokens-reason') ?? response.status;
  };
  const lastUseOf = async (id: string) => {
    const token = (await (await root.request('GET', `/tokens/${id}`)).json()) as {
      last_used: { at: string; path: string } | null;
    };
    return token.last_used;
  };
  const use = (value: string, path: string) =>
    verify(daemon.url, value, { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': path });
  const written = (id: string, path: string) =>
    eventually(
      async () => ((await lastUseOf(id))?.path === path ? lastUseOf(id) : null),
      `${path} to be written`,
      5_000,
    );
  const newMailServer = async () => {
    const server = await startMailServer(smtpPort);
    cleanUp(() => server.close());
    return server;
  };
  const waitForFailedAttempt = (count: number) =>
    eventually(() => daemon.stderr().split('mail not sent').length > count, 'a failed attempt', 20_000);

  it('expires tokens and sessions by the wall clock, forward and back', async () => {
    const { token } = await root.createToken('short', { expires_in: hour / 2 });
    const session = await signIn(daemon.url, superuser);
    expect(await statusOf(token)).toBe(200);
    clock.set(hour);
    expect(await statusOf(token)).toBe('expired');
    expect((await session.request('GET', '/me')).status).toBe(200);
    clock.set(31 * 24 * hour);
    expect((await session.request('GET', '/me')).status).toBe(401);
    clock.set(0);
    expect(await statusOf(token)).toBe(200);
    clock.set(-hour);
    expect(await statusOf(token)).toBe(200);
    expect((await root.request('GET', '/me')).status).toBe(200);
    const later = await root.createToken('later', { expires_in: 60 });
    expect(Date.parse(later.expires_at ?? '') - clock.now()).toBeGreaterThan(50_000);
    expect(Date.parse(later.expires_at ?? '') - clock.now()).toBeLessThanOrEqual(60_000);
    expect(await statusOf(later.token)).toBe(200);
  });

  it.each([hour, -hour])('writes each last use within seconds after the clock is set by %i s', async (jump) => {
    const { id, token } = await root.createToken('used');
    await use(token, '/before');
    await written(id, '/before');
    clock.set(jump);
    await use(token, '/after');
    const last = await written(id, '/after');
    expect(Math.abs(Date.parse(last.at) - clock.now())).toBeLessThan(10_000);
  });

  it('sends waiting mail at start-up if the clock was set back while it was stopped', async () => {
    await root.createToken('before');
    await waitForFailedAttempt(1);
    await daemon.stop();
    clock.set(-hour);
    const server = await newMailServer();
    daemon = await start(daemon.dataDir, { ...clock.env, TOKENSD_SMTP_URL: server.url });
    await eventually(() => server.received.length === 1, 'the mail', 10_000);
  });

  it.each([hour, -hour])('sends waiting and new mail soon after the clock is set by %i s', async (jump) => {
    await root.createToken('before');
    await waitForFailedAttempt(1);
    // The server comes first: set forward, the clock makes the mail due at once, and a second failure delays it further.
    const server = await newMailServer();
    clock.set(jump);
    await root.createToken('after');
    const received = (name: string) => server.received.filter(({ parsed }) => parsed.text?.includes(name)).length;
    await eventually(() => received('after') === 1, 'the new mail', 10_000);
    await eventually(() => received('before') === 1, 'the waiting mail', 30_000);
    await sleep(2_000);
    expect([received('before'), received('after')]).toEqual([1, 1]);
  });

  it('sends a mail in progress once if the clock is set forward by an hour', async () => {
    const ids: string[] = [];
    const server = await startMailServer(smtpPort, {
      onData(stream, _session, callback) {
        let text = '';
        stream.on('data', (chunk: Buffer) => {
          text += chunk;
        });
        stream.on('end', () => {
          ids.push(/^Message-ID: *(\S+)/im.exec(text)?.[1] ?? '');
          setTimeout(callback, 4_000);
        });
      },
    });
    cleanUp(() => server.close());
    await root.createToken('in progress');
    await eventually(() => ids.length > 0, 'the mail to be in progress', 10_000);
    clock.set(hour);
    await sleep(6_000);
    expect(ids).toHaveLength(1);
  });

  it('lists records in the order of creation, even if the clock is set back', async () => {
    for (const [index, jump] of [0, hour, 0, -hour, -hour / 2, 0].entries()) {
      clock.set(jump);
      await root.createToken(`number-${index}`);
      await root.createToken(`number-${index}-too`);
    }
    const list = (await (await root.request('GET', '/tokens')).json()) as { items: Array<{ name: string }> };
    const names = Array.from({ length: 6 }, (_, index) => [`number-${index}`, `number-${index}-too`]).flat();
    expect(list.items.map(({ name }) => name)).toEqual(names.reverse());
    const audit = (await (await root.request('GET', '/audit?action=token.created')).json()) as {
      items: Array<{ target: { name: string } }>;
    };
    expect(audit.items.map(({ target }) => target.name)).toEqual(names);
  });

  it('applies the polling interval and expiry of device codes by the wall clock', async () => {
    const { device_code: code } = await deviceCodes(daemon.url);
    expect(await poll(daemon.url, code)).toBe('authorization_pending');
    clock.set(-hour);
    expect(await poll(daemon.url, code)).toBe('authorization_pending');
    expect(await poll(daemon.url, code)).toBe('slow_down');
    clock.set(-hour + 20);
    expect(await poll(daemon.url, code)).toBe('authorization_pending');
    clock.set(hour);
    expect(await poll(daemon.url, code)).toBe('expired_token');
  });

  it('responds immediately while the clock is set forward and back', async () => {
    const { token } = await root.createToken('steady');
    const began = performance.now();
    for (let round = 0; round < 100; round += 1) {
      clock.set(round % 2 ? hour : -hour);
      expect(await statusOf(token)).toBe(200);
    }
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await daemon.stop()).toBe(0);
  });
});
