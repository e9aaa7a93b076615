import { beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../../server/config/config.ts';
import { createToken, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';

const day = 24 * 60 * 60 * 1000;
const engines = useEngines();

type App = Awaited<ReturnType<typeof openTestApp>>;

/** Counts uses from an address, and writes them. */
async function use(app: TestApp, id: string, ip: string, times = 1): Promise<void> {
  const request = {
    method: 'GET',
    target: '/builds/42?secret=1',
    peer: ip,
    forwardedFor: null,
    userAgent: 'curl/8.5.0 (x)',
    appId: null,
    wouldDeny: null,
  };
  for (let count = 0; count < times; count += 1) app.services.useCounter.allowed(id, app.clock.now(), request);
  await app.services.recordUsage.flush();
}

describe.each(['SQLite', 'PostgreSQL'] as const)('the mail about a new network on %s', (engine) => {
  let app: App;
  beforeAll(async () => {
    app = await openTestApp({}, engines[engine]());
    return app.close;
  });

  /** Creates a token in use: so many uses from one network, the first one so long ago. */
  async function usedToken(name: string, { uses = 20, age = 7 * day, quiet = false, on = app as TestApp } = {}) {
    const session = await app.signIn(app.dev.id);
    const token = await createToken(app, { ...app.dev, session }, { name, quiet_networks: quiet });
    await use(on, token.id, '203.0.113.9', uses);
    app.clock.advance(age);
    return token;
  }
  const mailsAbout = async (name: string) =>
    (await app.mails()).filter(({ subject }) => subject === `API token "${name}" was used from a new network`);

  it('names the network, the time, the request and what to do, and links to the server only', async () => {
    const token = await usedToken('watched');
    await use(app, token.id, '198.51.100.7');
    const [mail, ...more] = await mailsAbout('watched');
    expect(more).toEqual([]);
    expect(mail?.to).toBe('dev@example.com');
    const time = new Date(app.clock.now()).toISOString().slice(0, 19).replace('T', ' ');
    for (const text of [mail?.text ?? '', (mail?.html ?? '').replaceAll('<wbr>', '')]) {
      for (const part of ['198.51.100.0/24', 'GET /builds/42', '198.51.100.7', 'curl/8.5.0 (x)', `${time} UTC`]) {
        expect(text).toContain(part);
      }
      expect(text).toContain('tokens pause watched');
      expect(text).toContain('tokens usage watched');
      expect(text).not.toContain('secret');
      for (const [url] of text.matchAll(/https?:\/\/[^\s"<]+/g)) expect(url).toBe('https://tokens.example.com');
    }
  });

  it('is sent once for a network, and once a day for a token', async () => {
    const { id } = await usedToken('daily');
    for (const ip of ['198.51.100.7', '198.51.100.8', '198.51.100.7', '192.0.2.1', '203.0.113.9'])
      await use(app, id, ip);
    expect(await mailsAbout('daily')).toHaveLength(1);
    app.clock.advance(day);
    await use(app, id, '192.0.2.2');
    await use(app, id, '2001:db8::1');
    expect(await mailsAbout('daily')).toHaveLength(2);
    app.clock.advance(day);
    await use(app, id, '2001:db8:0:ffff::2');
    expect(await mailsAbout('daily')).toHaveLength(2);
  });

  it('is sent although the clock was years ahead when the one before was sent', async () => {
    const { id } = await usedToken('clock');
    app.clock.advance(1_000 * day);
    await use(app, id, '198.51.100.7');
    expect(await mailsAbout('clock')).toHaveLength(1);
    app.clock.advance(-1_000 * day);
    await use(app, id, '192.0.2.1');
    expect(await mailsAbout('clock')).toHaveLength(2);
  });

  it('is sent once if two daemons see the network at the same time', async () => {
    const { id } = await usedToken('two daemons');
    const nodes = [app, app.restart({}), app.restart({}), app.restart({})];
    await Promise.all(nodes.map((node, index) => use(node, id, `198.51.${index % 2}.7`)));
    expect(await mailsAbout('two daemons')).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof usedToken>[1]]>([
    ['is young', { age: 7 * day - 1 }],
    ['had 19 uses', { uses: 19 }],
    ['is quiet', { quiet: true }],
  ])('is not sent for a token that %s', async (name, options) => {
    const { id } = await usedToken(name, options);
    await use(app, id, '198.51.100.7');
    expect(await mailsAbout(name)).toEqual([]);
  });

  it('is not sent for a denied use', async () => {
    const { id } = await usedToken('denied');
    app.services.useCounter.denied(id, app.clock.now(), 'paused');
    await app.services.recordUsage.flush();
    expect(await mailsAbout('denied')).toEqual([]);
  });

  it('is not sent if the setting is off', async () => {
    const off: Partial<Config> = { newNetworkNotices: false };
    const silent = app.restart(off);
    const { id } = await usedToken('off', { on: silent });
    await use(silent, id, '198.51.100.7');
    expect(await mailsAbout('off')).toEqual([]);
  });
});
