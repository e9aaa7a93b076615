import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { v7 } from 'uuid';
import { expect, it, onTestFinished } from 'vitest';
import type { ObservedRequest } from '../../server/domain/tokens/last-used.ts';
import { createRecordUsage } from '../../server/domain/tokens/usage/record-usage.ts';
import { createUseCounter } from '../../server/domain/tokens/usage/use-counter.ts';
import { createClientIp } from '../../server/http/client-ip.ts';
import { createReadUse } from '../../server/http/verify/read-use.ts';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import { openTestStore } from '../helpers/app/store.ts';
import { isFullLength } from '../helpers/length.ts';
import { addUser } from '../store/contract/records.ts';

const tokens = isFullLength ? 1_000_000 : 30_000;
/** Uses between two turns of the event loop. */
const usesPerTurn = 50;
const maxBytesPerToken = 300;
/** At the usual length, the test runs on machines that do other work, too. */
const maxStallMs = isFullLength ? 50 : 250;
/** Memory that does not depend on the number of tokens. */
const baseBytes = 4 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function memory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Requests as a large installation sees them: many clients and paths, few routes and programs. */
function requestOf(number: number): ObservedRequest {
  const ip = `${1 + (number % 200)}.${(number >> 8) & 255}.${number & 255}.9`;
  return {
    method: number % 7 === 0 ? 'POST' : 'GET',
    target: `/api/v1/projects-${number % 50}/builds/${number}?page=2`,
    peer: '127.0.0.1',
    forwardedFor: ip,
    userAgent: `tool-${number % 30}/1.${number % 10} (linux)`,
    appId: null,
    wouldDeny: null,
  };
}

it(`counts ${tokens.toLocaleString('en')} tokens used once each in little memory, and never stalls verification`, async () => {
  const opened = await openTestStore();
  onTestFinished(opened.close);
  const engine = await openSqlite(`sqlite:${opened.path}`);
  onTestFinished(() => engine.close());
  const store = createKnexStore(engine, migrations);
  const owner = (await addUser(store)).id;
  await engine.knex.raw(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${tokens})
     INSERT INTO tokens (id, owner_id, hash, prefix, name, name_folded, created_at)
     SELECT printf('019ab2c4-5f7e-7c3a-9d52-%012x', i * 7919), ?, i, 'tok_', i, i, 0 FROM n`,
    [owner],
  );
  // Flat, as a database driver returns it.
  const idOf = (number: number) =>
    Buffer.from(`019ab2c4-5f7e-7c3a-9d52-${((number + 1) * 7919).toString(16).padStart(12, '0')}`).toString('latin1');
  const counter = createUseCounter(createReadUse(createClientIp(['127.0.0.1'])));
  const clock = { now: () => Date.now() };
  const networks = { notice: async () => ({ noticed: false, errors: [] }), wake: () => {} };
  const usage = createRecordUsage({ store, clock, writerId: v7({ random: randomBytes(16) }), counter, networks });

  const before = memory();
  const delay = monitorEventLoopDelay({ resolution: 2 });
  delay.enable();
  const startedAt = performance.now();
  for (let number = 0; number < tokens; number += 1) {
    counter.allowed(idOf(number), clock.now(), requestOf(number));
    if (number % usesPerTurn === 0) await setImmediate();
  }
  const countedMs = performance.now() - startedAt;
  delay.disable();
  const countingStallMs = delay.max / 1e6;
  const bytes = memory() - before - baseBytes;

  delay.reset();
  delay.enable();
  const flushStartedAt = performance.now();
  await usage.flush();
  const flushedMs = performance.now() - flushStartedAt;
  delay.disable();
  const flushStallMs = delay.max / 1e6;
  process.stderr.write(
    `${JSON.stringify({ tokens, countedMs, countingStallMs, megabytes: (bytes + baseBytes) / 1e6, flushedMs, flushStallMs })}\n`,
  );

  const [row] = await engine.knex('usage_hours').sum({ uses: 'uses' });
  expect(Number(row?.uses)).toBe(tokens);
  expect(bytes).toBeLessThan(tokens * maxBytesPerToken);
  expect(countingStallMs).toBeLessThan(maxStallMs);
  expect(flushStallMs).toBeLessThan(maxStallMs);
}, 600_000);
