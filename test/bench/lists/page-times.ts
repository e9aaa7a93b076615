import type { Store } from '../../../server/store/store.ts';
import { type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import type { FakeClock } from '../../helpers/app/clock.ts';
import { sessionCookieName } from '../../helpers/console/pages.ts';
import { type ListSizes, seedEnd, seededId } from '../../helpers/lists/seed.ts';
import { cpuTimeOfServer } from './cpu-time.mjs';
import { deepPaths } from './deep-pages.ts';
import { pagePaths } from './page-paths.ts';

/** The server time of a page or a response of the API, in milliseconds. */
export interface PageTime {
  path: string;
  /** Until the first byte, and until the last one. */
  firstMs: number;
  lastMs: number;
  /** The CPU time of this process and of PostgreSQL. */
  cpuMs: number;
}

const rounds = 5;
/** Shorter requests are repeated until they took so long together, because the kernel counts CPU time in ticks. */
const leastMs = 200;
const maxRounds = 20;
/** A page that takes longer is not repeated. */
const longMs = 1_000;

/**
 * Measures how long the app takes for each page and each list of the API that matches `wanted`, and for page 1,000 of the long lists if `page 1000` does, for a superuser and for a member of a
 * database that `seedLists` filled. The median of some requests counts, after one that is not measured.
 */
export async function* pageTimes(
  store: Store,
  sizes: ListSizes,
  wanted: RegExp,
  postmaster?: number,
): AsyncGenerator<PageTime> {
  const { app, members } = await openSeeded(store, sizes);
  for (const [as, paths] of Object.entries(pagePaths(sizes))) {
    const member = members[as as keyof typeof members];
    for (const path of paths.filter((path) => wanted.test(`${as} ${path}`))) {
      yield { path: `${as} ${path}`, ...(await timeOf(app, member, path, postmaster)) };
    }
  }
  if (!wanted.test('page 1000')) return;
  for await (const path of deepPaths(app, members.superuser, sizes)) {
    yield { path: `page 1000 ${path}`, ...(await timeOf(app, members.superuser, path, postmaster)) };
  }
}

/** Requests a page several times, after one request that is not measured. */
async function timeOf(
  app: TestApp,
  member: Member,
  path: string,
  postmaster?: number,
): Promise<Omit<PageTime, 'path'>> {
  const times: Array<[first: number, last: number]> = [];
  await request(app, member, path);
  const cpuBefore = cpuTimeMs(postmaster);
  const took = () => times.reduce((sum, [, last]) => sum + last, 0);
  const isEnough = () => times.length >= maxRounds || (times.length >= rounds && took() > leastMs) || took() > longMs;
  while (!isEnough()) times.push(await request(app, member, path));
  const cpuMs = (cpuTimeMs(postmaster) - cpuBefore) / times.length;
  const median = (place: 0 | 1) => times.map((time) => time[place]).toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
  return { firstMs: median(0), lastMs: median(1), cpuMs };
}

/** Returns how much CPU time this process has used, and the PostgreSQL server if there is one, in milliseconds. */
function cpuTimeMs(postmaster?: number): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + (postmaster === undefined ? 0 : cpuTimeOfServer(postmaster));
}

/** Opens the app as of the time of the data, with sessions of a superuser and of a member with tokens. */
export async function openSeeded(store: Store, sizes: ListSizes) {
  const member = (position: number): Member => ({
    id: seededId(position, sizes.users),
    email: `member-${position}@example.com`,
    password: '',
    session: '',
  });
  const original = { root: member(60), dev: member(50), clock: clockFrom(seedEnd) };
  // The superusers of the data are disabled.
  await store.users.setSuperuser(original.root.id, true);
  const app = await openTestApp({}, Promise.resolve({ store, path: '', close: async () => {} }), original);
  const signedIn = async (one: Member) => ({ ...one, session: await app.signIn(one.id) });
  return { app, members: { superuser: await signedIn(original.root), member: await signedIn(original.dev) } };
}

/** Creates a clock that runs, because numbers that take long to count are kept for a while. */
function clockFrom(start: number): FakeClock {
  let offset = start - performance.now();
  return {
    now: () => Math.floor(performance.now() + offset),
    advance: (ms) => {
      offset += ms;
    },
  };
}

/** Sends a request. Of a file, reads the first chunk only. Returns the times of the first and the last byte. */
export async function request(app: TestApp, member: Member, path: string): Promise<[first: number, last: number]> {
  const isPage = !path.startsWith('/api/');
  const began = performance.now();
  const cookie = { Cookie: `${sessionCookieName(app)}=${member.session}` };
  const response = await app.ask(path, isPage ? { headers: cookie } : { as: member });
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  const reader = response.body?.getReader();
  let first = 0;
  for (let chunk = await reader?.read(); chunk !== undefined && !chunk.done; chunk = await reader?.read()) {
    first ||= performance.now() - began;
    if (path.includes('.csv')) await reader?.cancel();
  }
  return [first, performance.now() - began];
}
