import { connect, type Socket } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSessionCookie } from '../../server/http/session-cookie.ts';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { type Client, signIn } from '../helpers/daemon/api.ts';
import { type Daemon, superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { eventually } from '../helpers/daemon/process.ts';
import {
  drip,
  lastStatus,
  openFiles,
  type RawResponse,
  residentMb,
  talk,
  watchMemory,
} from '../helpers/faults/raw-clients.ts';
import { watchVerification } from '../helpers/faults/watch.ts';

const { newDataDir, start } = useDaemons();

let daemon: Daemon;
let root: Client;
let active: { token: string };
beforeEach(async () => {
  daemon = await start(await newDataDir(), { TOKENSD_LOG_LEVEL: 'info' });
  root = await signIn(daemon.url, superuser);
  active = await root.createToken('active');
});

const json = 'application/json';
const form = 'application/x-www-form-urlencoded';

/** Every kind of route that reads a body: method, path, media type, and whether it needs a session. */
const routes: Array<[string, string, string, boolean]> = [
  ['POST', '/api/v1/sessions', json, false],
  ['POST', '/oauth/introspect', form, false],
  ['POST', '/api-token-auth', json, false],
  ['POST', '/login', form, false],
  ['POST', '/oauth/revoke', form, false],
  ['POST', '/oauth/token', form, false],
  ['POST', '/oauth/device_authorization', form, false],
  ['POST', '/api-token-auth/', 'multipart/form-data; boundary=x', false],
  ['POST', '/api/v1/tokens', json, true],
  ['PUT', '/api/v1/me/password', json, true],
  ['PATCH', '/api/v1/users/1', json, true],
];

function head([method, path, type, members]: (typeof routes)[number], ...more: string[]): string {
  const fields = [
    `Host: ${new URL(daemon.url).host}`,
    `Origin: ${daemon.url}`,
    'Sec-Fetch-Site: same-origin',
    `Content-Type: ${type}`,
    ...(members ? [`Authorization: Bearer ${root.session}`] : []),
    ...more,
  ];
  return `${method} ${path} HTTP/1.1\r\n${fields.join('\r\n')}\r\n`;
}

/** Covers buffers, heap growth and noise. A daemon that stored what it is sent would need a multiple of this. */
const maxGrowthMb = 100;

const noError = () => expect(daemon.stderr()).not.toContain('"level":"error"');

describe('a daemon with a thousand clients that send byte by byte', () => {
  it('cuts headers after ten seconds and bodies after thirty, and verifies without delay', async () => {
    const before = openFiles(daemon.pid);
    const watch = await watchVerification(daemon.url, { active: [active.token, active.token] });
    const headers = Array.from({ length: 500 }, (_, number) =>
      talk(daemon.url, drip(number % 2 ? 'GET /' : 'GET /healthz HTTP/1.1\r\nX-Drip: ', 'dripping', 1_000), 60_000),
    );
    const bodies = Array.from({ length: 500 }, (_, number) => {
      const start = `${head(routes[number % 4] as (typeof routes)[number], 'Content-Length: 1000')}\r\n`;
      return talk(daemon.url, drip(start, '{"email":"', 1_000), 60_000);
    });

    for (const response of await Promise.all(headers)) {
      expect(lastStatus(response)).toBe(408);
      expect(response.lasted).toBeGreaterThan(8_000);
      expect(response.lasted).toBeLessThan(12_000);
    }
    for (const response of await Promise.all(bodies)) {
      expect(lastStatus(response)).toBe(408);
      expect(response.lasted).toBeGreaterThan(28_000);
      expect(response.lasted).toBeLessThan(35_000);
    }
    const report = await watch.stop();
    expect(report).toMatchObject({ wrong: [] });
    expect(report.responses).toBeGreaterThan(1_000);
    expect(report.p99).toBeLessThan(250);
    await eventually(() => openFiles(daemon.pid) <= before, 'every connection to be closed', 5_000);
    noError();
  });
});

describe('a daemon whose clients do not read', () => {
  const request = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n';

  /** Opens connections that send `requests` pipelined requests each and read no response. */
  function connectWithoutReading(count: number, requests: number) {
    const sockets = Array.from({ length: count }, () => {
      const socket = connect(Number(new URL(daemon.url).port), '127.0.0.1').pause();
      socket.on('error', () => {}).write(request.repeat(requests));
      return socket;
    });
    return { close: () => sockets.forEach((socket) => void socket.destroy()) };
  }

  it('limits pipelined requests per connection, and keeps verifying', async () => {
    const files = openFiles(daemon.pid);
    // Warms up, because memory that is allocated once does not count.
    const few = connectWithoutReading(10, 16);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    few.close();
    const watch = await watchVerification(daemon.url, { active: [active.token] });
    const before = residentMb(daemon.pid);
    const memory = watchMemory(daemon.pid);
    const crowd = connectWithoutReading(10, 1_400);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    // Without the limit this takes 500 MB, for as long as the clients like.
    expect(memory.stop() - before).toBeLessThan(maxGrowthMb);
    await eventually(() => openFiles(daemon.pid) < files + 5, 'the connections to be cut', 5_000);
    crowd.close();
    const report = await watch.stop();
    expect(report).toMatchObject({ wrong: [] });
    expect(report.p99).toBeLessThan(250);
    noError();
  });

  /** Sends ten requests at once and another one a second later, and returns everything that was received. */
  function pipeline(path: string) {
    const request = `GET ${path} HTTP/1.1\r\nHost: x\r\n`;
    return talk(
      daemon.url,
      async (send, open) => {
        await send(`${request}\r\n`.repeat(10));
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        if (open()) await send(`${request}Connection: close\r\n\r\n`);
      },
      5_000,
    );
  }

  it('responds to a few pipelined verifications', async () => {
    expect((await pipeline('/verify/auth-request')).text.match(/HTTP\/1\.1 401/g)).toHaveLength(11);
  });

  it('responds to two other pipelined requests, and closes the connection', async () => {
    expect((await pipeline('/healthz')).text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });
});

describe('a daemon that serves an audit download', () => {
  /** Writes 20 MB of events, more than socket buffers hold for a client that does not read. */
  async function writeEvents() {
    const { knex, close } = await openSqlite(`sqlite:${daemon.dataDir}/tokens.db`);
    const copies = 'WITH RECURSIVE copy (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM copy WHERE i < 20000)';
    const columns = 'at, actor_kind, actor_id, actor_email, action, target_kind, target_id, target_name, owner_id, ip';
    await knex.raw(
      `INSERT INTO audit (id, ${columns}, user_agent) ${copies} SELECT printf('019ab2c4-%d', i), ${columns}, printf('%1000d', i)
       FROM copy, (SELECT * FROM audit LIMIT 1)`,
    );
    await close();
  }

  /** Requests the download without reading it yet. */
  function download() {
    const socket = connect(Number(new URL(daemon.url).port), '127.0.0.1').pause();
    const fields = `Host: x\r\nCookie: ${createSessionCookie(daemon.url).name}=${root.session}\r\nConnection: close`;
    socket.on('error', () => {}).write(`GET /organization/audit.csv HTTP/1.1\r\n${fields}\r\n\r\n`);
    return socket;
  }

  /** Reads 6 MB, pauses for ten seconds, and so on. Returns the number of bytes and the last five characters. */
  function readSlowly(socket: Socket) {
    let [bytes, next, end] = [0, 0, ''];
    socket.on('data', (part: Buffer) => {
      bytes += part.length;
      end = part.toString('latin1').slice(-5);
      if (bytes < next) return;
      next = bytes + 6 * 2 ** 20;
      socket.pause();
      setTimeout(() => socket.resume(), 10_000);
    });
    socket.resume();
    return new Promise<{ bytes: number; end: string }>((resolve) => {
      socket.once('close', () => resolve({ bytes, end }));
    });
  }

  it('cuts a client that reads nothing for half a minute, but not a slow one', async () => {
    await writeEvents();
    const files = openFiles(daemon.pid);
    const stalled = download();
    const slow = await readSlowly(download());
    expect(slow).toMatchObject({ bytes: expect.toSatisfy((bytes) => bytes > 20 * 2 ** 20), end: '0\r\n\r\n' });
    await eventually(() => openFiles(daemon.pid) <= files, 'the stalled connection to be cut', 10_000);
    stalled.destroy();
    noError();
  });
});

describe('a daemon that receives large bodies', () => {
  /** Returns a 64 KiB piece and how often it has to be sent for `wanted` megabytes. */
  const megabytes = (wanted: number, chunked: boolean) => {
    const data = Buffer.alloc(64 * 1024, 'x');
    const piece = chunked ? Buffer.concat([Buffer.from('10000\r\n'), data, Buffer.from('\r\n')]) : data;
    return { piece, count: (wanted * 1024 * 1024) / data.length };
  };

  const megabytesOf = (responses: RawResponse[]) =>
    responses.reduce((sum, { sentBytes }) => sum + sentBytes, 0) / 2 ** 20;

  const flood = (route: (typeof routes)[number], chunked: boolean, wanted: number) => {
    const length = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${wanted * 1024 * 1024}`;
    const { piece, count } = megabytes(wanted, chunked);
    return talk(
      daemon.url,
      async (send, open) => {
        await send(`${head(route, length)}\r\n`);
        for (let sent = 0; sent < count && open(); sent += 1) {
          await send(piece);
          if (chunked) await new Promise((resolve) => setTimeout(resolve, 2));
        }
      },
      45_000,
    );
  };

  it.each([
    ['ten megabytes', false, 10],
    ['endless chunks', true, 10_000],
  ])('rejects %s with 413 or cuts them, and stores none of it in memory', async (_what, chunked, wanted) => {
    const round = (targets: typeof routes) => Promise.all(targets.map((route) => flood(route, chunked, wanted)));
    // Warms up, because memory that is allocated once does not count.
    await round(routes);
    const watch = await watchVerification(daemon.url, { active: [active.token] });
    const before = residentMb(daemon.pid);
    const memory = watchMemory(daemon.pid);
    const responses = await round(Array.from({ length: 9 }, () => routes).flat());
    expect(memory.stop() - before).toBeLessThan(maxGrowthMb);
    expect(megabytesOf(responses)).toBeGreaterThan(2 * maxGrowthMb);
    for (const [index, response] of responses.entries()) {
      const where = routes[index % routes.length]?.[1];
      expect([where, lastStatus(response)]).toEqual([where, expect.toSatisfy((status) => [0, 413].includes(status))]);
      expect(response.lasted).toBeLessThan(36_000);
    }
    expect(await watch.stop()).toMatchObject({ wrong: [] });
    noError();
  });

  it('responds to verifications without reading the body, and cuts an endless one', async () => {
    const route: (typeof routes)[number] = ['POST', '/verify/forward-auth', json, false];
    await Promise.all([flood(route, false, 10), flood(route, false, 10)]);
    const before = residentMb(daemon.pid);
    const memory = watchMemory(daemon.pid);
    const watch = await watchVerification(daemon.url, { active: [active.token] });
    const [endless, ...finite] = await Promise.all([
      flood(route, true, 10_000),
      ...Array.from({ length: 100 }, () => flood(route, false, 10)),
    ]);
    expect(memory.stop() - before).toBeLessThan(maxGrowthMb);
    expect(megabytesOf(finite)).toBeGreaterThan(2 * maxGrowthMb);
    expect(finite.map(({ text }) => text.slice(0, 12))).toEqual(finite.map(() => 'HTTP/1.1 401'));
    expect(endless.text).toMatch(/^HTTP\/1\.1 401 /);
    expect(endless.lasted).toBeLessThan(36_000);
    const report = await watch.stop();
    expect(report).toMatchObject({ wrong: [] });
    expect(report.p99).toBeLessThan(250);
  });
});
