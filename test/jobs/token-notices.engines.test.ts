import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNoticeJob } from '../../server/jobs/collected-mails.ts';
import { createToken, type Member, openTestApp, type TestApp } from '../helpers/app/app.ts';
import { useEngines } from '../helpers/app/engines.ts';
import { unwrapped } from '../helpers/app/token-mails.ts';
import { numRuns } from '../helpers/length.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let app: Awaited<ReturnType<typeof openTestApp>>;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const run = (running: TestApp = app) =>
  createNoticeJob(running.services.tokenNotices).run(new AbortController().signal);

/** Creates a token that lives for some days. Returns its name. */
async function create(name: string, days: number | null, as: Member = app.dev): Promise<string> {
  const { id } = await createToken(app, as, { name, expires_in: days === null ? null : days * 86_400 });
  return id;
}

const use = (id: string, at = app.clock.now()) =>
  app.store.tokens.recordUses([{ tokenId: id, at, method: 'GET', path: '/', ip: null, userAgent: null }]);

/** Returns the daily mails so far. */
async function digests(running: TestApp = app) {
  const mails = await running.mails();
  return mails.filter(({ text }) => text.includes('at most once a day'));
}

/** Advances the clock, and runs the job every twelve hours. */
async function pass(days: number, running: TestApp = app): Promise<void> {
  for (let runs = 0; runs < days * 2; runs += 1) {
    app.clock.advance(12 * hour);
    await run(running);
  }
}

describe('the daily mail', () => {
  it('is sent once for each threshold that applies, and names the token, its end, its last use and the commands', async () => {
    await use(await create('ci', 90));
    app.clock.advance(59 * day);
    await run();
    expect(await digests()).toEqual([]);
    await pass(32);
    const mails = await digests();
    expect(mails.map(({ subject }) => subject)).toEqual([
      'API token "ci" expires in 30 days',
      'API token "ci" expires in 7 days',
      'API token "ci" expires in 24 hours',
    ]);
    const text = unwrapped(mails[1]?.text ?? '');
    for (const fact of [
      'tok_',
      'expires in 7 days, on 2027-02-21 16:20:00 UTC, not used for 83 days',
      'tokens rotate ci',
      'tokens edit ci --expires 90d',
      'https://tokens.example.com/profile/api-tokens',
    ]) {
      expect(text).toContain(fact);
    }
    expect(mails.map(({ to }) => to)).toEqual(Array(3).fill(app.dev.email));
  });

  it('leaves out thresholds of half the lifetime or more, and short-lived tokens', async () => {
    await create('thirty', 30);
    await create('sixty', 60);
    await create('two', 2);
    await create('one', 1);
    await create('never', null);
    await pass(61);
    expect((await digests()).map(({ subject }) => subject)).toEqual([
      'API token "thirty" expires in 7 days',
      'API token "thirty" expires in 24 hours',
      'API token "sixty" expires in 7 days',
      'API token "sixty" expires in 24 hours',
    ]);
  });

  it('names all tokens of a day, and waits for the next UTC day after that', async () => {
    await create('a', 90);
    await create('b', 90);
    app.clock.advance(5 * hour);
    await create('c', 90);
    app.clock.advance(60 * day - 5 * hour);
    await run();
    expect((await digests()).map(({ subject }) => subject)).toEqual(['2 API tokens expire soon']);
    app.clock.advance(5 * hour);
    await run();
    expect(await digests()).toHaveLength(1);
    // At 21:20, two hours and forty minutes remain of the day.
    app.clock.advance(2 * hour + 40 * minute);
    await run();
    expect((await digests()).map(({ subject }) => subject).slice(1)).toEqual(['API token "c" expires in 30 days']);
  });

  it('is sent once after an outage of several days, with the tightest threshold only', async () => {
    await create('ci', 90);
    await create('cd', 86);
    app.clock.advance(62 * day);
    await run();
    expect(await digests()).toHaveLength(1);
    app.clock.advance(27 * day + hour);
    await run();
    await pass(0.9);
    const mails = await digests();
    expect(mails).toHaveLength(2);
    expect(mails[1]?.subject).toBe('API token "ci" expires in 23 hours');
  });

  it('lists a token that expired within a day and was used in the week before, but no other', async () => {
    await use(await create('used', 20), app.clock.now() + 14 * day);
    await use(await create('unused', 20), app.clock.now() + 12 * day);
    await use(await create('short', 1), app.clock.now());
    app.clock.advance(19 * day + hour);
    await run();
    app.clock.advance(22 * hour);
    await run();
    app.clock.advance(hour);
    await run();
    await pass(3);
    const [, expired, ...more] = await digests();
    expect(expired?.subject).toBe('API token "used" has expired');
    expect(unwrapped(expired?.text ?? '')).toContain('tokens create used --expires 20d');
    expect(expired?.text).not.toContain('unused');
    expect(more).toEqual([]);
  });

  it('leaves out tokens that are paused, blocked or disabled, and lists them once they work again', async () => {
    const id = await create('paused', 90);
    const blocked = await app.addMember({ email: 'blocked@example.com', can_manage_tokens: true });
    const disabled = await app.addMember({ email: 'disabled@example.com', can_manage_tokens: true });
    await create('blocked', 90, blocked);
    await create('disabled', 90, disabled);
    const allow = async (isAllowed: boolean) => {
      await app.store.users.setCanManageTokens(blocked.id, isAllowed);
      await app.store.users.setDisabled(disabled.id, !isAllowed);
    };
    await allow(false);
    await app.store.tokens.pause(id, pauseOf(null));
    app.clock.advance(60 * day);
    await run();
    expect(await digests()).toEqual([]);
    await allow(true);
    await app.store.tokens.pause(id, pauseOf(app.clock.now() + day));
    await pass(2);
    expect((await digests()).map(({ subject }) => subject).sort()).toEqual([
      'API token "blocked" expires in 30 days',
      'API token "disabled" expires in 30 days',
      'API token "paused" expires in 29 days',
    ]);
  });

  it('says nothing if notices are turned off, and begins with the tightest threshold when they are turned on', async () => {
    const off = app.restart({ expiryNotices: [] });
    await create('ci', 90);
    app.clock.advance(84 * day);
    await run(off);
    expect(await digests()).toEqual([]);
    await run();
    await run();
    expect((await digests()).map(({ subject }) => subject)).toEqual(['API token "ci" expires in 6 days']);
  });

  it('lists tokens 14 days before they become idle, once, if tokens may be inactive for 30 days or longer', async () => {
    const strict = app.restart({ maxIdle: 29 * 86_400 });
    const idle = app.restart({ maxIdle: 90 * 86_400 });
    const id = await create('ci', null);
    app.clock.advance(20 * day);
    await run(strict);
    expect(await digests()).toEqual([]);
    await use(id);
    app.clock.advance(75 * day);
    await run(idle);
    expect(await digests()).toEqual([]);
    await pass(5, idle);
    const [mail, ...more] = await digests();
    expect(mail?.subject).toBe('API token "ci" becomes idle in 14 days');
    expect(unwrapped(mail?.text ?? '')).toContain('not used for 76 days');
    expect(more).toEqual([]);
    await use(id);
    await pass(77, idle);
    expect(await digests()).toHaveLength(2);
  });

  it('stops early when the daemon stops', async () => {
    await create('ci', 90);
    app.clock.advance(60 * day);
    await createNoticeJob(app.services.tokenNotices).run(AbortSignal.abort());
    expect(await digests()).toEqual([]);
  });
});

describe('idle tokens', () => {
  it('leave a tombstone with the reason idle once they have been idle for 30 days', async () => {
    const idle = app.restart({ maxIdle: 90 * 86_400 });
    const { id, token } = await createToken(app, app.dev, { name: 'ci', expires_in: null });
    const isStored = async () => (await app.store.tokens.findById(id)) !== null;
    app.clock.advance(120 * day);
    await run(idle);
    expect(await isStored()).toBe(true);
    app.clock.advance(hour);
    await run(app);
    expect(await isStored()).toBe(true);
    await run(idle);
    expect(await isStored()).toBe(false);
    const response = await idle.ask('/api/v1/token', { headers: { Authorization: `Token ${token}` } });
    expect(response.headers.get('x-tokens-reason')).toBe('idle');
  });
});

const pauseOf = (until: number | null) => ({
  at: app.clock.now(),
  until,
  reason: null,
  actor: { kind: 'user', id: app.root.id, email: app.root.email } as const,
  bySuperuser: true,
});

/** A token's life: its lifetime, and when the job runs. */
const schedules = fc.record({
  lifetimeHours: fc.integer({ min: 25, max: 24 * 120 }),
  gaps: fc.array(
    fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 30 }) }, fc.integer({ min: 1, max: 24 * 40 })),
    {
      minLength: 1,
      maxLength: 12,
    },
  ),
});

/** Returns how many mails a token's owner gets, given how much of its life is left at each run of the job. */
function expectedMails(runs: ReadonlyArray<{ left: number; day: number }>, lifetime: number): number {
  const applicable = [1, 7, 30].map((days) => days * day).filter((threshold) => 2 * threshold < lifetime);
  const crossed = new Set<number>();
  const mailDays = new Set<number>();
  let isDue = false;
  for (const { left, day } of runs) {
    const [tightest] = applicable.filter((threshold) => left <= threshold);
    if (left <= 0) isDue = false;
    else if (tightest !== undefined && !crossed.has(tightest)) {
      crossed.add(tightest);
      isDue = true;
    }
    if (isDue && !mailDays.has(day)) {
      mailDays.add(day);
      isDue = false;
    }
  }
  return mailDays.size;
}

describe('the thresholds', () => {
  it('are each noticed once per token, the tightest one after an outage, whenever the job runs', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(schedules, async ({ lifetimeHours, gaps }) => {
        number += 1;
        const owner = await app.addMember({ email: `member-${number}@example.com`, can_manage_tokens: true });
        await createToken(app, owner, { name: 'ci', expires_in: lifetimeHours * 3600 });
        const expiresAt = app.clock.now() + lifetimeHours * hour;
        const runs: Array<{ left: number; day: number }> = [];
        for (const gap of gaps) {
          app.clock.advance(gap * hour);
          await run();
          runs.push({ left: expiresAt - app.clock.now(), day: Math.floor(app.clock.now() / day) });
        }
        const mails = (await digests()).filter(({ to }) => to === owner.email);
        expect(mails.length).toBe(expectedMails(runs, lifetimeHours * hour));
      }),
      { numRuns: numRuns(15) },
    );
  });
});

describe('on both engines', () => {
  const engines = useEngines();

  it.each(['SQLite', 'PostgreSQL'] as const)('two nodes send the daily mail once on %s', async (engine) => {
    const nodes = await openTestApp({}, engines[engine]());
    try {
      for (const name of ['a', 'b', 'c']) {
        await createToken(nodes, nodes.dev, { name, expires_in: 90 * 86_400 });
        await createToken(nodes, nodes.root, { name, expires_in: 90 * 86_400 });
      }
      nodes.clock.advance(60 * day);
      const other = nodes.restart({});
      await Promise.all([run(nodes), run(other), run(nodes), run(other)]);
      const mails = await digests(nodes);
      expect(mails.map(({ to, subject }) => [to, subject]).sort()).toEqual([
        [nodes.dev.email, '3 API tokens expire soon'],
        [nodes.root.email, '3 API tokens expire soon'],
      ]);
    } finally {
      await nodes.close();
    }
  });
});
