import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemActor } from '../../server/domain/caller.ts';
import { createShortLivedJob } from '../../server/jobs/collected-mails.ts';
import { createPurge } from '../../server/jobs/purge.ts';
import { createServices } from '../../server/services.ts';
import { openTestApp } from '../helpers/app/app.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let app: Awaited<ReturnType<typeof openTestApp>>;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const signal = new AbortController().signal;

/**
 * Obtains tokens at a steady rate, in one transaction, because thousands of commits would take a minute. Returns their prefixes. Creates
 * each token as the route does that obtains one, except that it checks no password. Runs the jobs as often as the daemon does.
 */
async function obtainTokens(
  maxTokensPerUser: number,
  { count, everyMs, seconds }: { count: number; everyMs: number; seconds: number },
): Promise<string[]> {
  await app.close();
  app = await openTestApp({ maxTokensPerUser });
  const user = (await app.store.users.findById(app.dev.id)) ?? expect.fail();
  const creator = {
    user,
    clientInfo: { ip: '203.0.113.9', userAgent: 'curl/8.9' },
    channel: 'api-token-auth',
  } as const;
  const prefixes: string[] = [];
  await app.store.transaction(async (store) => {
    const services = createServices({ ...app, store, mailQueued: () => {} });
    const job = createShortLivedJob(services.shortLivedMails);
    for (let number = 0; number < count; number += 1) {
      const body = { name: `api-token-auth-${number}`, expires_in: seconds };
      prefixes.push((await services.tokens.create(creator, body)).token.prefix);
      app.clock.advance(everyMs);
      await job.run(signal);
      const [at, expired] = [app.clock.now(), { shortLived: true, limit: 500 }];
      if (number % 60 === 0) await store.tokens.purgeExpired({ before: at - hour, ...expired }, at, systemActor);
    }
    app.clock.advance(hour);
    await job.run(signal);
  });
  return prefixes;
}

it('sends at most 26 mails for 1,440 tokens that a script obtains in a day, and they name all of them', async () => {
  const prefixes = await obtainTokens(2_000, { count: 1_440, everyMs: minute, seconds: 600 });
  const mails = await app.mails();
  expect(mails.length).toBeLessThanOrEqual(26);
  const text = mails.map((mail) => mail.text).join('\n');
  expect(prefixes.filter((prefix) => !text.includes(prefix))).toEqual([]);
  expect(new Set(prefixes).size).toBe(1_440);
}, 60_000);

it('never reaches the limit of 100 tokens with 1,001 tokens of two hours in a week', async () => {
  await obtainTokens(100, { count: 1_001, everyMs: (7 * day) / 1_001, seconds: 7_200 });
  await createPurge({ ...app, ...app.services }).run(signal);
  const stored = await app.store.tokens.list({ limit: 2_000, before: null, now: app.clock.now() });
  expect(stored.length).toBeLessThan(25);
}, 60_000);
