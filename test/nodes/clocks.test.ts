import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn, verify } from '../helpers/daemon/api.ts';
import { superuser } from '../helpers/daemon/daemon.ts';
import { useNodes } from '../helpers/daemon/nodes.ts';
import { eventually, runProgram } from '../helpers/daemon/process.ts';
import { createWallClock, wallClockCanBeSet } from '../helpers/faults/wall-clock.ts';
import { startMailServer } from '../helpers/peers/mail-server.ts';

const tenMinutes = 600;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!wallClockCanBeSet)('daemons on one database whose clocks are ten minutes ahead and behind', () => {
  const ahead = createWallClock();
  const behind = createWallClock();
  const farAhead = createWallClock();
  ahead.set(tenMinutes);
  behind.set(-tenMinutes);
  farAhead.set(2 * tenMinutes);
  /** The Message-ID of each mail, when the server has received its text. It accepts a mail after a few seconds. */
  const received: string[] = [];
  let mail: Awaited<ReturnType<typeof startMailServer>>;
  let urls: [ahead: string, behind: string];

  beforeAll(async () => {
    mail = await startMailServer(0, {
      onData(stream, _session, callback) {
        let text = '';
        stream.on('data', (chunk: Buffer) => {
          text += chunk;
        });
        stream.on('end', () => {
          received.push(/^Message-ID: *(\S+)/im.exec(text)?.[1] ?? '');
          setTimeout(callback, 3_000);
        });
      },
    });
  });
  const nodes = useNodes('embedded', 1, () => ({ TOKENSD_SMTP_URL: mail.url }));
  beforeAll(async () => {
    // The first daemon, whose clock is right, would send every mail.
    await nodes().daemons[0]?.stop();
    const daemons = await Promise.all([ahead, behind].map(({ env }) => nodes().start(env)));
    urls = daemons.map(({ url }) => url) as typeof urls;
  }, 60_000);
  afterAll(async () => {
    await mail.close();
    for (const clock of [ahead, behind, farAhead]) clock.remove();
  });

  it('send each mail once, and soon', async () => {
    for (const url of urls) {
      const session = await signIn(url, superuser);
      for (let n = 0; n < 6; n += 1) await session.createToken(`mail ${url} ${n}`);
    }
    const began = performance.now();
    await eventually(() => new Set(received).size >= 12, 'every mail', 30_000);
    expect(performance.now() - began).toBeLessThan(20_000);
    await sleep(5_000);
    expect(received).toHaveLength(new Set(received).size);
  });

  it('send a dead letter again at once if a command whose clock is ahead asks for it', async () => {
    const before = received.length;
    const env = { TOKENSD_DATABASE_URL: nodes().databaseUrl, ...farAhead.env };
    const database = new pg.Client(nodes().databaseUrl);
    await database.connect();
    await database.query(
      'UPDATE outbox SET sent_at = NULL, due_at = NULL, gave_up_at = 1 WHERE id = (SELECT min(id) FROM outbox)',
    );
    await database.end();
    expect((await runProgram('tokensd', ['mail', 'retry'], { env })).code).toBe(0);
    await eventually(() => received.length > before, 'the mail', 15_000);
  });

  it('agree on when tokens, sessions and device codes end, and record the same time', async () => {
    for (const [here, there] of [urls, [urls[1], urls[0]]] as const) {
      const session = await signIn(here, superuser);
      const { token, id } = await session.createToken(`short ${here}`, { expires_in: 120 });
      expect((await verify(there, token)).status).toBe(200);
      const me = await fetch(`${there}/api/v1/me`, { headers: { Authorization: `Bearer ${session.session}` } });
      expect(me.status).toBe(200);
      const created = (await (await session.request('GET', `/tokens/${id}`)).json()) as { created_at: string };
      expect(Math.abs(Date.parse(created.created_at) - Date.now())).toBeLessThan(5_000);

      const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields) });
      const begun = await fetch(`${here}/oauth/device_authorization`, form({ client_id: 'tokens' }));
      const { device_code } = (await begun.json()) as { device_code: string };
      const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
      const polled = await fetch(`${there}/oauth/token`, form({ client_id: 'tokens', device_code, grant_type }));
      expect(await polled.json()).toMatchObject({ error: 'authorization_pending' });
    }
  });

  it('share the waits after wrong passwords', async () => {
    const attempt = async (url: string) => {
      const body = JSON.stringify({ email: 'nobody@example.com', password: 'wrong' });
      const headers = { 'Content-Type': 'application/json' };
      return fetch(`${url}/api/v1/sessions`, { method: 'POST', headers, body });
    };
    const [first, second] = urls;
    let denied = await attempt(first);
    for (let n = 0; n < 40 && denied.status !== 429; n += 1) denied = await attempt(n % 2 ? first : second);
    for (const url of urls) {
      const response = await attempt(url);
      expect(response.status).toBe(429);
      expect(Number(response.headers.get('Retry-After'))).toBeLessThan(60);
    }
  });
});
