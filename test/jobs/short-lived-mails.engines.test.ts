import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createShortLivedJob } from '../../server/jobs/collected-mails.ts';
import { createToken, type Member, openTestApp, type TestApp } from '../helpers/app/app.ts';
import { useEngines } from '../helpers/app/engines.ts';
import { unwrapped } from '../helpers/app/token-mails.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let app: Awaited<ReturnType<typeof openTestApp>>;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const signal = new AbortController().signal;
const run = (running: TestApp = app) => createShortLivedJob(running.services.shortLivedMails).run(signal);
const create = (name: string, seconds: number | null = 3600, as: Member = app.dev) =>
  createToken(app, as, { name, expires_in: seconds });
const revoke = (id: string, as: Member = app.dev) => app.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', as });
const subjects = async (running: TestApp = app) => (await running.mails()).map(({ subject }) => subject);

/** Advances the clock, and runs the job when it would. */
async function pass(ms: number): Promise<void> {
  app.clock.advance(ms);
  await run();
}

describe('mails about short-lived tokens', () => {
  it('are sent at once for the first event, and together for those of the next hour', async () => {
    const first = await create('first');
    const second = await create('second');
    app.clock.advance(minute);
    await revoke(first.id);
    await pass(hour - minute - 1);
    expect(await subjects()).toEqual(['API token "first" was created']);
    await pass(1);
    const [, mail, ...more] = await app.mails();
    expect(more).toEqual([]);
    expect(mail?.subject).toBe('1 short-lived API token was created and 1 revoked');
    expect(mail?.to).toBe(app.dev.email);
    const text = unwrapped(mail?.text ?? '');
    for (const fact of [
      'Created with the tokens command line, from 203.0.113.9,',
      `second, ${second.prefix}, 2026-11-23 16:20:00 UTC`,
      'Revoked by you (dev@example.com) with the tokens command line,',
      `first, ${first.prefix}, 2026-11-23 16:21:00 UTC`,
    ]) {
      expect(text).toContain(fact);
    }
  });

  it('name the user agent of each event', async () => {
    await create('first');
    const headers = { 'User-Agent': 'curl/8.9 <b>' };
    await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'second', expires_in: 60 }, headers });
    await pass(hour);
    const [, mail] = await app.mails();
    expect(unwrapped(mail?.text ?? '')).toContain('user agent curl/8.9 <b>');
    expect(mail?.html).toContain('user agent curl/8.9 &lt;b&gt;');
  });

  it('open another window only if there was something to collect', async () => {
    await create('a');
    await create('b');
    await pass(hour);
    await create('c');
    await pass(hour);
    expect(await subjects()).toHaveLength(3);
    await pass(hour);
    await create('d');
    expect(await subjects()).toEqual([
      'API token "a" was created',
      '1 short-lived API token was created',
      '1 short-lived API token was created',
      'API token "d" was created',
    ]);
  });

  it('are sent one by one for tokens that live longer than a day, also while a window is open', async () => {
    await create('short', 86_400);
    const long = await create('long', 86_401);
    await create('never', null);
    await revoke(long.id);
    expect(await subjects()).toEqual([
      'API token "short" was created',
      'API token "long" was created',
      'API token "never" was created',
      'API token "long" was revoked',
    ]);
    await pass(hour);
    expect(await subjects()).toHaveLength(4);
  });

  it('are collected for each member separately', async () => {
    await create('a');
    await create('b', 3600, app.root);
    expect((await app.mails()).map(({ to }) => to)).toEqual([app.dev.email, app.root.email]);
  });

  it('name tokens that were revoked together in one mail, which is collected only if all are short-lived', async () => {
    const revokeAll = () => app.ask(`/api/v1/users/${app.dev.id}/tokens`, { method: 'DELETE', as: app.root });
    await create('a');
    await create('b');
    await create('long', null);
    await revokeAll();
    expect((await subjects()).slice(2)).toEqual(['3 API tokens were revoked']);
    await create('c');
    await revokeAll();
    await pass(hour);
    const mail = (await app.mails()).at(-1);
    expect(mail?.subject).toBe('2 short-lived API tokens were created and 1 revoked');
    expect(unwrapped(mail?.text ?? '')).toContain('by root@example.com (Organization Superuser)');
  });

  it('are collected for as long as the setting says', async () => {
    const daily = app.restart({ shortLivedDigest: 86_400 });
    for (const name of ['a', 'b']) await createToken(daily, app.dev, { name, expires_in: 60 });
    app.clock.advance(day - 1);
    await run(daily);
    expect(await subjects()).toHaveLength(1);
    app.clock.advance(1);
    await run(daily);
    expect(await subjects()).toHaveLength(2);
  });

  it('are not sent to a member who was deleted', async () => {
    await create('a');
    await create('b');
    const before = (await app.mails()).length;
    await app.store.transaction(async (store) => {
      await store.tokens.destroyAllOf(app.dev.id, app.clock.now(), { kind: 'system', id: null, email: null });
      await store.users.delete(app.dev.id, app.clock.now());
    });
    await pass(hour);
    expect(await app.mails()).toHaveLength(before);
  });
});

describe('on both engines', () => {
  const engines = useEngines();

  it.each(['SQLite', 'PostgreSQL'] as const)('two nodes send a common mail once on %s', async (engine) => {
    const nodes = await openTestApp({}, engines[engine]());
    try {
      const other = nodes.restart({});
      await Promise.all(
        [0, 1, 2, 3, 4, 5].map((number) =>
          createToken(number % 2 === 0 ? nodes : other, nodes.dev, { name: `t${number}`, expires_in: 60 }),
        ),
      );
      nodes.clock.advance(hour);
      await Promise.all([run(nodes), run(other), run(nodes), run(other)]);
      const mails = await subjects(nodes);
      expect(mails).toHaveLength(2);
      expect(mails[1]).toBe('5 short-lived API tokens were created');
    } finally {
      await nodes.close();
    }
  });
});
