import sqlite3 from 'sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNoticeJob, createShortLivedJob } from '../../server/jobs/collected-mails.ts';
import { createPreviousNoticesJob } from '../../server/jobs/previous-notices.ts';
import { connect, disconnect, execute } from '../../server/store/engine/sqlite/connection.ts';
import { createToken, type Member, openTestApp } from '../helpers/app/app.ts';

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const signal = new AbortController().signal;

let app: Awaited<ReturnType<typeof openTestApp>>;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

/** The first member damages a row, and the others come after it. */
const members = (): [Member, Member] => [app.root, app.dev];

/** Changes rows in the database file, as a faulty disk or a careless repair would. */
async function damage(sql: string): Promise<void> {
  const database = await connect(app.path, sqlite3.OPEN_READWRITE);
  await execute(database, sql);
  await disconnect(database);
}

/** Creates a token of each member, one after the other, so that the damaged one comes first. */
async function createTokens(body: { expires_in?: number } = {}) {
  const tokens = [];
  for (const as of members()) tokens.push(await createToken(app, as, { name: 'ci', ...body }));
  return tokens;
}

/** A time that no calendar has. */
const damageExpiry = (tokenId = '') => damage(`UPDATE tokens SET expires_at = 9e15 WHERE id = '${tokenId}'`);

/** Returns the recipients of the mails with this subject. */
const recipients = async (subject: RegExp) =>
  (await app.mails()).filter((mail) => subject.test(mail.subject)).map(({ to }) => to);

const use = (tokenId: string, values: object = {}) =>
  app.store.tokens.recordUses([
    { tokenId, at: app.clock.now(), method: 'GET', path: '/', ip: null, userAgent: null, ...values },
  ]);

describe('a damaged row of one member', () => {
  it('keeps no daily mail from others, and the member gets it once the row is repaired', async () => {
    const [broken] = await createTokens({ expires_in: 90 * 86_400 });
    await damage(`UPDATE tokens SET created_at = 9e15, lifetime_ms = 7776000000 WHERE id = '${broken?.id}'`);
    app.clock.advance(60 * day);
    const run = () => createNoticeJob(app.services.tokenNotices).run(signal);
    await expect(run()).rejects.toThrow('Invalid time');
    expect(await recipients(/expires in 30 days/)).toEqual([app.dev.email]);
    await damage(`UPDATE tokens SET created_at = 0 WHERE id = '${broken?.id}'`);
    await run();
    expect(await recipients(/expires in 30 days/)).toEqual([app.dev.email, app.root.email]);
  });

  it('keeps no common mail about short-lived tokens from others', async () => {
    for (const as of members()) {
      for (const name of ['a', 'b']) await createToken(app, as, { name, expires_in: 3600 });
    }
    await damage(`UPDATE collected_events SET event = '{' WHERE user_id = '${app.root.id}'`);
    app.clock.advance(hour);
    await expect(createShortLivedJob(app.services.shortLivedMails).run(signal)).rejects.toThrow('JSON');
    expect(await recipients(/short-lived/)).toEqual([app.dev.email]);
  });

  it('keeps no mail about a new network from others, and all uses are stored once', async () => {
    const tokens = await createTokens();
    const count = (ip: string, times: number) => {
      for (const { id } of tokens) {
        const request = {
          method: 'GET',
          target: '/',
          peer: ip,
          forwardedFor: null,
          userAgent: null,
          appId: null,
          wouldDeny: null,
        };
        for (let use = 0; use < times; use += 1) app.services.useCounter.allowed(id, app.clock.now(), request);
      }
      return app.services.recordUsage.flush();
    };
    await count('203.0.113.9', 20);
    await damageExpiry(tokens[0]?.id);
    app.clock.advance(7 * day);
    await expect(count('198.51.100.7', 1)).rejects.toThrow('Invalid time');
    await app.services.recordUsage.flush();
    expect(await recipients(/new network/)).toEqual([app.dev.email]);
    for (const { id } of tokens) {
      const { seen } = await app.store.usage.of(id, 0);
      expect(seen.filter(({ kind }) => kind === 'network').map(({ uses }) => uses)).toEqual([20, 1]);
    }
  });

  it('keeps no mail about a used old value from others', async () => {
    const tokens = await createTokens();
    for (const [index, as] of members().entries()) {
      const token = tokens[index] ?? expect.fail();
      await app.ask(`/api/v1/tokens/${token.id}/rotate`, { as, json: {} });
      await use(token.id, { previous: true, prefix: token.prefix });
    }
    await damageExpiry(tokens[0]?.id);
    app.clock.advance(19 * hour);
    await expect(createPreviousNoticesJob(app.services.notifyOfPreviousUses).run(signal)).rejects.toThrow(
      'Invalid time',
    );
    expect(await recipients(/was used after the rotation/)).toEqual([app.dev.email]);
  });
});
