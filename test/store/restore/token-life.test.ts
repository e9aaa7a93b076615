import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../server/domain/clock.ts';
import { createIds, generateToken } from '../../../server/domain/secrets.ts';
import { createIdlePolicy, idleGraceMs, startIdlePolicy } from '../../../server/domain/tokens/idle.ts';
import { createStatusContext } from '../../../server/domain/tokens/status.ts';
import { createVerification } from '../../../server/domain/tokens/verify.ts';
import { createNoticeJob } from '../../../server/jobs/collected-mails.ts';
import { createPurge } from '../../../server/jobs/purge.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { type Restored, restore } from '../../../server/store/maintenance/restore/restore.ts';
import { openStore } from '../../../server/store/open.ts';
import type { Store } from '../../../server/store/store.ts';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf, openTestApp } from '../../helpers/app/app.ts';

let app: Awaited<ReturnType<typeof openTestApp>>;
let token: CreatedToken;
beforeEach(async () => {
  app = await openTestApp();
  token = await createToken(app, app.dev, { name: 'ci', expires_in: 90 * 24 * 60 * 60 });
});
afterEach(() => app.close());

const ids = createIds(systemClock);
const day = 24 * 60 * 60;

const change = async (path: string, as = app.dev, json: object = {}, method = 'POST'): Promise<CreatedToken> => {
  const response = await app.ask(`/api/v1/tokens/${token.id}${path}`, { method, as, json });
  expect(response.status).toBeLessThan(300);
  return response.status === 204 ? token : jsonOf<CreatedToken>(response);
};

/** Restores a backup and returns the report, and what `read` finds in the restored database. */
async function restoreFrom<T>(file: string, read: (store: Store) => Promise<T>, withoutHistory = false) {
  const event = { id: ids(), at: systemClock.now() };
  const report: Restored = await restore({ databasePath: app.path, file, event, withoutHistory });
  const store = await openStore(`sqlite:${app.path}`);
  const found = await read(store);
  await store.close();
  return { report, found };
}

const verdicts =
  (...values: string[]) =>
  async (store: Store) => {
    const { verify } = createVerification(store, createStatusContext(app.clock, null));
    const found = await Promise.all(values.map(verify));
    return found.map((verdict) => (verdict.allowed ? 200 : verdict.reason));
  };

/** Creates a backup, runs `since`, restores the backup, and returns the verdicts about the values that `since` returns. */
async function restored(since: () => Promise<string[]>) {
  const file = `${app.path}.backup`;
  await backUp(app.path, file);
  const values = await since();
  await app.store.close();
  const { report, found } = await restoreFrom(file, verdicts(...values));
  await rm(file);
  return { report, found };
}

describe('a restored backup', () => {
  it('accepts no value that ended by a rotation since, and accepts the new one', async () => {
    const { found, report } = await restored(async () => {
      const rotated = await change('/rotate', app.dev, { overlap: 0 });
      return [token.token, rotated.token];
    });
    expect([found, report.revokedSince, report.pausedTokens]).toEqual([['rotated', 200], [], []]);
  });

  it('keeps a pause in which the token was rotated, and accepts only its new value after that', async () => {
    await change('/pause', app.root);
    let rotated = token;
    const { found } = await restored(async () => {
      rotated = await change('/rotate', app.dev, { overlap: 0 });
      return [token.token, rotated.token];
    });
    expect(found).toEqual(['rotated', 'paused']);
    const store = await openStore(`sqlite:${app.path}`);
    await store.tokens.resume(token.id, app.clock.now(), true);
    expect(await verdicts(token.token, rotated.token)(store)).toEqual(['rotated', 200]);
    await store.close();
  });

  it('ends the overlap of a rotation when it would have ended', async () => {
    const { found } = await restored(async () => {
      const rotated = await change('/rotate', app.dev, { overlap: 60 });
      app.clock.advance(60_000);
      return [token.token, rotated.token];
    });
    expect(found).toEqual(['rotated', 200]);
  });

  it('accepts no previous value that was ended since', async () => {
    const rotated = await change('/rotate');
    const { found } = await restored(async () => {
      await change('/previous', app.dev, {}, 'DELETE');
      return [token.token, rotated.token];
    });
    expect(found).toEqual(['rotated', 200]);
  });

  it.each(['root', 'dev'] as const)('keeps the pause of %s', async (member) => {
    const { found } = await restored(async () => {
      await change('/pause', app[member], { reason: 'Looks leaked' });
      return [token.token];
    });
    expect(found).toEqual(['paused']);
  });

  it('keeps an expiry that was shortened since', async () => {
    const { found } = await restored(async () => {
      await change('', app.dev, { expires_in: 60 }, 'PATCH');
      app.clock.advance(60_000);
      return [token.token];
    });
    expect(found).toEqual(['expired']);
  });

  it('keeps self-rotation off that was switched off since, and mails about new networks on', async () => {
    token = await createToken(app, app.dev, { name: 'own', expires_in: day, self_rotate: true, quiet_networks: true });
    const file = `${app.path}.backup`;
    await backUp(app.path, file);
    await change('', app.dev, { self_rotate: false, quiet_networks: false }, 'PATCH');
    await app.store.close();
    const { found } = await restoreFrom(file, (store) => store.tokens.findById(token.id));
    expect(found).toMatchObject({ selfRotate: false, quietNetworks: false });
    await rm(file);
  });

  it.each(['expired', 'idle'])(
    'keeps a token destroyed that was %s for too long since, and does not list it as revoked',
    async (reason) => {
      const rotated = await change('/rotate');
      const { found, report } = await restored(async () => {
        const third = await change('/rotate', app.dev, {
          end_previous: true,
          expires_in: reason === 'idle' ? 900 * day : 60,
        });
        const later = app.restart({ maxIdle: 90 * day });
        app.clock.advance(130 * day * 1000);
        for (const job of [
          createNoticeJob(later.services.tokenNotices),
          createPurge({ ...later, ...later.services }),
        ]) {
          await job.run(new AbortController().signal);
        }
        expect(await app.store.tokens.findById(token.id)).toBeNull();
        return [token.token, rotated.token, third.token];
      });
      expect([found, report.revokedSince]).toEqual([['rotated', 'rotated', 'unknown'], []]);
    },
  );

  it('keeps a token idle that nobody used, and one active that was used since', async () => {
    const used = await createToken(app, app.dev, { name: 'used' });
    const unused = await createToken(app, app.dev, { name: 'unused' });
    const file = `${app.path}.backup`;
    await backUp(app.path, file);
    await startIdlePolicy(app.store, 30 * day, app.clock.now());
    app.clock.advance(31 * day * 1000);
    const use = { method: 'GET', path: '/', ip: null, userAgent: null };
    await app.store.tokens.recordUses([{ tokenId: used.id, at: app.clock.now(), ...use }]);
    await app.store.close();
    const { found } = await restoreFrom(file, async (store) => {
      const { maxIdleAt } = createIdlePolicy(await startIdlePolicy(store, 30 * day, app.clock.now()));
      const { verify } = createVerification(store, createStatusContext(app.clock, null, maxIdleAt));
      const found = await Promise.all([used, unused].map((one) => verify(one.token)));
      return found.map((verdict) => (verdict.allowed ? 200 : verdict.reason));
    });
    expect(found).toEqual([200, 'idle']);
    await rm(file);
  });

  it('keeps all values of a token revoked that was rotated and revoked since', async () => {
    const rotated = await change('/rotate');
    const { found, report } = await restored(async () => {
      const third = await change('/rotate', app.dev, { end_previous: true });
      await change('', app.dev, {}, 'DELETE');
      return [token.token, rotated.token, third.token];
    });
    expect(found).toEqual(['revoked', 'revoked', 'unknown']);
    expect(report.revokedSince).toMatchObject([{ name: 'ci' }]);
  });

  it('keeps the start of the limit for idle tokens', async () => {
    const file = `${app.path}.backup`;
    await backUp(app.path, file);
    const at = app.clock.now();
    await startIdlePolicy(app.store, 30 * day, at);
    await app.store.close();
    const { found } = await restoreFrom(file, (store) => startIdlePolicy(store, 30 * day, at + idleGraceMs));
    expect(found).toEqual([{ policy: 'max-idle', valueMs: 30 * day * 1000, firstServedAt: at }]);
    await rm(file);
  });

  /**
   * Makes two backups, one before and one after `between`, and then runs `since`. Restores the earlier backup twice and removes the database
   * between them, so that nothing connects the present one with the later backup. Then restores that one.
   */
  async function restoredWithoutHistory<T>(
    between: () => Promise<unknown>,
    since: () => Promise<unknown>,
    read: (store: Store) => Promise<T>,
  ) {
    const [first, second] = [`${app.path}.first`, `${app.path}.second`];
    await backUp(app.path, first);
    await between();
    await backUp(app.path, second);
    await since();
    await app.store.close();
    await restoreFrom(first, verdicts());
    const lost = await restoreFrom(first, verdicts());
    await rm(lost.report.setAside ?? '');
    const restored = await restoreFrom(second, read, true);
    await rm(first);
    await rm(second);
    return restored;
  }

  it('pauses and lists a token whose newest state is not known', async () => {
    let [rotated, other] = [token, token];
    const { found, report } = await restoredWithoutHistory(
      async () => {
        other = await createToken(app, app.dev, { name: 'other' });
      },
      async () => {
        rotated = await change('/rotate', app.dev, { overlap: 0 });
      },
      (store) => verdicts(token.token, rotated.token, other.token)(store),
    );
    expect(found).toEqual(['rotated', 'paused', 200]);
    expect(report.pausedTokens).toEqual([{ prefix: rotated.prefix, name: 'ci', owner: 'dev@example.com' }]);
  });

  it.each<[string, object, () => Promise<unknown>]>([
    ['previous value was ended', {}, () => change('/previous', app.dev, {}, 'DELETE')],
    ['self-rotation was switched off', {}, () => change('', app.dev, { self_rotate: false }, 'PATCH')],
    ['expiry was shortened', {}, () => change('', app.dev, { expires_in: 60 }, 'PATCH')],
    ['pause was lifted', { paused: true }, () => change('/resume')],
  ])(
    'pauses a token whose %s in a database that was set aside',
    async (_change, { paused = false }: { paused?: boolean }, since) => {
      let rotated = token;
      const { found, report } = await restoredWithoutHistory(
        async () => {
          await change('', app.dev, { self_rotate: true }, 'PATCH');
          rotated = await change('/rotate');
          if (paused) await change('/pause');
        },
        since,
        (store) => verdicts(rotated.token)(store),
      );
      expect([found, report.pausedTokens.map(({ name }) => name)]).toEqual([['paused'], ['ci']]);
    },
  );

  it('gives no value back that a rotation ended before the backup, although a database set aside knows only that value', async () => {
    const older = `${app.path}.older`;
    await backUp(app.path, older);
    await app.store.close();
    // The database that is set aside here is older than the rotation, and the token expires earlier there.
    await restoreFrom(older, verdicts());
    const store = await openStore(`sqlite:${app.path}`);
    const at = app.clock.now() + 1;
    const secret = generateToken('tok');
    const value = {
      hash: secret.hash(),
      prefix: 'tok_00000001',
      at,
      validUntil: at,
      expiresAt: null,
      lifetimeMs: null,
    };
    await store.tokens.rotate(token.id, { ...value, selfRotated: false, replacesUnused: false });
    await store.close();
    const file = `${app.path}.backup`;
    await backUp(app.path, file);
    const lost = await restoreFrom(older, verdicts());
    await rm(lost.report.setAside ?? '');
    const { found, report } = await restoreFrom(file, verdicts(token.token, secret.reveal()), true);
    expect([found, report.pausedTokens]).toEqual([['rotated', 200], []]);
    await rm(file);
    await rm(older);
  });
});
