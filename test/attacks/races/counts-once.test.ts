import { describe, expect, it, onTestFinished } from 'vitest';
import { type Member, password } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { beginDevice, pollDevice } from '../../helpers/app/oauth.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';
import { requestPasswordLink } from '../../helpers/sign-in/password-links.ts';
import { codeAt, turnOn } from '../../helpers/sign-in/totp.ts';
import { type Server, startServerOn } from './server-on.ts';

const engines = useEngines(patientTimes);

/** The most concurrent attempts that the rate limit allows. With more, some would fail before their code is checked. */
const concurrency = 5;
const concurrently = <T>(work: (turn: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: concurrency }, (_, turn) => work(turn)));

describe.each(Object.entries(engines))('a one-time secret on %s', (_engine, openStore) => {
  async function start(): Promise<Server> {
    const server = await startServerOn(openStore());
    onTestFinished(() => server.stop());
    // Open the connections first. Otherwise one request could finish while the others still connect.
    await Promise.all(Array.from({ length: 10 }, () => server.store.transaction((store) => store.users.isEmpty())));
    return server;
  }

  async function guarded(server: Server) {
    const { secret, recoveryCodes } = await turnOn(server, server.dev);
    server.clock.advance(30_000);
    return { code: codeAt(secret, server.clock.now()), recoveryCodes };
  }

  const sessionsOf = ({ store, services }: Server, { id }: Member) =>
    store.sessions.listOf(id, services.sessionLifetimes.bounds(), 100);

  it.each(['code', 'recovery code'])(
    'starts one session if a %s is sent with the password five times concurrently',
    async (kind) => {
      const server = await start();
      const { code, recoveryCodes } = await guarded(server);
      const typed = kind === 'code' ? code : recoveryCodes[0];
      const json = { email: server.dev.email, password, code: typed };
      const responses = await concurrently((turn) =>
        server.ask('/api/v1/sessions', { json, ip: `2001:db8:${turn}::1` }),
      );
      const statuses = responses.map(({ status }) => status).sort();
      expect(statuses).toEqual([201, ...Array(concurrency - 1).fill(401)]);
      expect(await sessionsOf(server, server.dev)).toHaveLength(2);
    },
  );

  it('starts one session if five valid codes are entered concurrently after one password', async () => {
    const server = await start();
    const { recoveryCodes } = await guarded(server);
    const browser = openConsole(server);
    await browser.get('/login');
    await browser.submit('/login', { email: server.dev.email, password });
    const ticket = browser.cookies.get('__Host-tokens_step') ?? browser.cookies.get('tokens_step_insecure') ?? '';
    expect(ticket).not.toBe('');
    const { secondFactor } = server.services;
    const clientInfo = { ip: null, userAgent: null };
    const outcomes = await concurrently((turn) =>
      secondFactor.finish(ticket, recoveryCodes[turn] ?? '', clientInfo).then(
        () => 'session',
        ({ code }: { code?: string }) => code,
      ),
    );
    expect(outcomes.sort()).toEqual([...Array(concurrency - 1).fill('form-expired'), 'session']);
    expect(await sessionsOf(server, server.dev)).toHaveLength(2);
  });

  it('sets one password if a mailed link is used five times concurrently', async () => {
    const server = await start();
    const clientInfo = { ip: null, userAgent: null };
    await requestPasswordLink(server, server.dev.email);
    const texts = (await server.mails()).map(({ text }) => text).join();
    const secret = /\/password\/reset\?token=(\S+)/.exec(texts)?.[1] ?? '';
    const chosen = (turn: number) => `another staple battery horse ${turn}`;
    const outcomes = await concurrently((turn) =>
      server.services.passwordReset.reset(secret, chosen(turn), clientInfo).then(
        () => turn,
        ({ code }: { code?: string }) => code,
      ),
    );
    const winners = outcomes.filter((outcome) => typeof outcome === 'number');
    expect(winners).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'link-expired')).toHaveLength(concurrency - 1);
    const signIns = await concurrently(async (turn) => {
      const json = { email: server.dev.email, password: chosen(turn) };
      return (await server.ask('/api/v1/sessions', { json, ip: `2001:db8:${turn}::1` })).status;
    });
    expect(signIns.indexOf(201)).toBe(winners[0]);
    expect(signIns.filter((status) => status === 201)).toHaveLength(1);
  });

  it('recovers one account once if a recovery link is used five times concurrently', async () => {
    const server = await start();
    const { recovery } = server.services;
    const secret = (await recovery.begin('new@example.com')).secret.reveal();
    const clientInfo = { ip: null, userAgent: null };
    const outcomes = await concurrently((turn) =>
      recovery.recover(secret, `another staple battery horse ${turn}`, clientInfo).then(
        () => 'session',
        ({ code }: { code?: string }) => code,
      ),
    );
    expect(outcomes.sort()).toEqual([...Array(concurrency - 1).fill('link-expired'), 'session']);
    const user = await server.store.users.findByEmail('new@example.com');
    expect(user?.superuser).toBe(true);
    expect(await sessionsOf(server, { ...server.dev, id: user?.id ?? '' })).toHaveLength(1);
  });

  it('starts one session if an approved device polls five times concurrently', async () => {
    const server = await start();
    const browser = openConsole(server, server.dev);
    for (let round = 1; round <= 5; round += 1) {
      const device = await beginDevice(server);
      await browser.get('/device');
      await browser.get((await browser.submit('/device', { user_code: device.user_code })).location ?? '');
      await browser.submit('/device/approve', { decision: 'approve' });
      const statuses = await concurrently(async () => (await pollDevice(server, device)).status);
      expect(statuses.sort()).toEqual([200, ...Array(concurrency - 1).fill(400)]);
      expect(await sessionsOf(server, server.dev)).toHaveLength(1 + round);
    }
  });
});
