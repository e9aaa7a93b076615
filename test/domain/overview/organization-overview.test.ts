import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { createOrganizationOverviews } from '../../../server/domain/overview/organization-overview.ts';
import type { Store } from '../../../server/store/store.ts';
import { createToken, openTestApp } from '../../helpers/app/app.ts';

const minute = 60_000;

let app: Awaited<ReturnType<typeof openTestApp>>;
beforeEach(async () => {
  app = await openTestApp();
  onTestFinished(app.close);
});

/** Opens overviews whose counts each take `takesMs` and end when `finish` is called, or fail. */
async function open(takesMs: number) {
  const user = await app.store.users.findById(app.root.id);
  if (user === null) throw new Error('There is no superuser.');
  const caller = { user, sessionId: '', clientInfo: { ip: null, userAgent: null }, channel: 'console' as const };
  const waiting: Array<(error?: Error) => void> = [];
  let begun = 0;
  const slow: Store['tokens']['countMatching'] = async (...parameters) => {
    begun += 1;
    const counts = await app.store.tokens.countMatching(...parameters);
    const error = await new Promise<Error | undefined>((resolve) => waiting.push(resolve));
    app.clock.advance(takesMs);
    if (error) throw error;
    return counts;
  };
  const store = { ...app.store, tokens: { ...app.store.tokens, countMatching: slow } };
  const overviews = createOrganizationOverviews({ ...app.services, store, clock: app.clock });
  const read = async () => (await overviews.overview(caller)).report.active;
  const finish = async (error?: Error) => {
    await expect.poll(() => waiting.length).toBe(1);
    waiting.shift()?.(error);
  };
  const readCounted = async (error?: Error) => {
    const active = read();
    await finish(error);
    return active;
  };
  return { begun: () => begun, read, finish, readCounted };
}

it('is counted once for visitors who come at the same time', async () => {
  const { begun, read, finish } = await open(0);
  const visits = [read(), read(), read()];
  await finish();
  expect(await Promise.all(visits)).toEqual([0, 0, 0]);
  expect(begun()).toBe(1);
});

it('is counted before it is shown, if that does not take long', async () => {
  const { readCounted } = await open(30);
  expect(await readCounted()).toBe(0);
  await createToken(app, app.dev, { name: 'new' });
  app.clock.advance(minute);
  expect(await readCounted()).toBe(1);
});

it('shows the last numbers while new ones are counted, if that takes long', async () => {
  const { begun, read, finish, readCounted } = await open(31);
  expect(await readCounted()).toBe(0);
  await createToken(app, app.dev, { name: 'new' });
  app.clock.advance(minute);
  expect(await read()).toBe(0);
  expect(await read()).toBe(0);
  expect(begun()).toBe(2);
  await finish();
  await expect.poll(read).toBe(1);
  await createToken(app, app.dev, { name: 'newer' });
  app.clock.advance(3 * 24 * 60 * minute);
  expect(await read()).toBe(1);
  await finish();
  await expect.poll(read).toBe(2);
});

it('counts again after a failure', async () => {
  const { read, finish, readCounted } = await open(31);
  await expect(readCounted(new Error('The disk is full.'))).rejects.toThrow('The disk is full.');
  expect(await readCounted()).toBe(0);
  app.clock.advance(minute);
  expect(await read()).toBe(0);
  await finish(new Error('The disk is full.'));
  await createToken(app, app.dev, { name: 'new' });
  expect(await read()).toBe(0);
  await finish();
  await expect.poll(read).toBe(1);
});
