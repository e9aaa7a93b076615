import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { createOrganizationOverviews } from '../../../server/domain/overview/organization-overview.ts';
import { createServerState } from '../../../server/domain/overview/server-state.ts';
import type { Store } from '../../../server/store/store.ts';
import { createToken, type Member, openTestApp } from '../../helpers/app/app.ts';

const minute = 60_000;

let app: Awaited<ReturnType<typeof openTestApp>>;
beforeEach(async () => {
  app = await openTestApp();
  onTestFinished(app.close);
});

async function callerOf({ id }: Member) {
  const user = await app.store.users.findById(id);
  if (user === null) throw new Error('There is no such member.');
  return { user, sessionId: '', clientInfo: { ip: null, userAgent: null }, channel: 'console' as const };
}

/** Opens overviews whose counts each take `takesMs` and end when `finish` is called, or fail. */
async function open(takesMs: number) {
  const caller = await callerOf(app.root);
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

const overviews = () => createOrganizationOverviews({ ...app.services, store: app.store, clock: app.clock });

it('is for superusers and auditors, and so is the state of the server', async () => {
  const caller = await callerOf(app.dev);
  const refused = { code: 'superuser-required' };
  await expect(overviews().overview(caller)).rejects.toMatchObject(refused);
  await expect(createServerState({ store: app.store }).read(caller)).rejects.toMatchObject(refused);
  const auditor = { ...caller, user: { ...caller.user, auditor: true } };
  expect((await overviews().overview(auditor)).report.active).toBe(0);
});

it('leaves out a day that was counted while a clock was ahead', async () => {
  const today = Math.floor(app.clock.now() / (24 * 60 * minute));
  const writer = { id: 'ahead', batch: 1, at: app.clock.now() };
  const days = [today, today + 1].map((day) => ({ day, allowed: 3, denied: 1 }));
  await app.store.transaction((store) => store.usage.addDays(writer, days));
  const shown = (await overviews().overview(await callerOf(app.root))).days;
  expect(shown).toHaveLength(30);
  expect(shown.at(-1)).toMatchObject({ at: today * 24 * 60 * minute, allowed: 3, denied: 1 });
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
