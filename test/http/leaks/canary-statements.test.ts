import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { createVerification } from '../../../server/domain/tokens/verify.ts';
import type { Engine } from '../../../server/store/engine/engine.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../../server/store/knex/store.ts';
import { migrations } from '../../../server/store/migrations/all.ts';
import { openTestStore, type TestStore } from '../../helpers/app/store.ts';
import { addToken, addUser, noon } from '../../store/contract/records.ts';

let opened: TestStore;
let engine: Engine;
beforeAll(async () => {
  opened = await openTestStore();
  engine = await openSqlite(`sqlite:${opened.path}`);
});
afterAll(async () => {
  await engine.close();
  await opened.close();
  await rm(dirname(opened.path), { recursive: true, force: true });
});

it('runs the same statements, and reads the same but for one flag, for a canary and for a value that was never issued', async () => {
  const statements: string[] = [];
  const results: unknown[][][] = [];
  const select: Engine['select'] = async (statement, ...rest) => {
    statements.push(JSON.stringify(statement));
    const rows = await engine.select(statement, ...rest);
    results.push(rows);
    return rows;
  };
  const store = createKnexStore({ ...engine, select }, migrations);
  const verification = createVerification(store, () => ({ now: noon }));
  const owner = await addUser(store);
  const [planted, unknown] = [generateToken('tok'), generateToken('tok')];
  await addToken(store, owner.id, { canary: true, hash: planted.hash() });
  const request = { app: { kind: 'name', name: 'wiki' }, method: 'GET', path: '/', ip: null } as const;
  /** Returns the statements of a verification, and of one for an app. */
  const run = async (value: string) => {
    statements.length = 0;
    results.length = 0;
    const verdicts = [await verification.verify(value), await verification.verifyRequest(value, request)];
    expect(verdicts).toMatchObject(
      verdicts.map(() => ({ allowed: false, reason: 'unknown', known: null, tokenId: null })),
    );
    return { verdicts, statements: [...statements], results: [...results] };
  };
  await run(unknown.reveal());
  const [canary, other] = [await run(planted.reveal()), await run(unknown.reveal())];
  expect(canary.verdicts[0]).toHaveProperty('canary', planted.hash());
  expect(other.verdicts[0]).toHaveProperty('canary', null);
  expect(canary.statements.length).toBeGreaterThanOrEqual(4);
  expect(canary.statements).toEqual(other.statements);
  // The rows differ in one flag, so that sending and decoding them takes as long.
  const nothing = [null, null, null, null, null, null, null];
  expect(canary.results).toEqual([[], [[0, 1, ...nothing]], [], [[0, 1, ...nothing]]]);
  expect(other.results).toEqual([[], [[0, 0, ...nothing]], [], [[0, 0, ...nothing]]]);
});
