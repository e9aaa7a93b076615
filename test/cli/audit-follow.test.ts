import { v7 } from 'uuid';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../helpers/app/app.ts';
import { appFetch, onTerminal, openTestCliWithApp, type Surroundings } from '../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
});
afterEach(() => cli.close());

/** Runs `tokens audit --follow`. Does one step in each wait, and stops the command after the last one. */
async function follow(args: string[], steps: Array<() => unknown>, surroundings: Surroundings = {}) {
  const stop = new AbortController();
  const waits: number[] = [];
  const left = [...steps];
  const sleep = async (ms: number) => {
    waits.push(ms);
    const step = left.shift();
    if (step === undefined) stop.abort();
    stop.signal.throwIfAborted();
    await step?.();
  };
  const options = { ...cli.as(cli.app.root), signal: stop.signal, sleep, ...surroundings };
  return { ...(await cli.run(['audit', '--follow', ...args], options)), waits };
}

const create = (name: string) => () => createToken(cli.app, cli.app.dev, { name });
const nothing = () => undefined;
const namesIn = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).target.name);

/** Returns a `fetch` that fails as these say, one after the other, and then passes requests to the app. */
function failing(failures: Array<() => Response | Error | null>): typeof fetch {
  const send = appFetch(cli.app);
  return async (input, init) => {
    const outcome = failures.shift()?.() ?? null;
    if (outcome instanceof Error) throw outcome;
    return outcome ?? send(input, init);
  };
}

const busy = () =>
  Response.json(
    { type: 'about:blank', title: 'Busy', status: 503, code: 'unavailable', detail: 'The server is busy.' },
    { status: 503, headers: { 'Retry-After': '7' } },
  );
const refused = () => new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) });

it('prints the events that are saved from now on, one JSON object a line', async () => {
  await create('before')();
  const { code, stdout, stderr } = await follow(['--json'], [create('a'), nothing, create('b'), create('c')]);
  expect(code).toBe(0);
  expect(stderr).toBe('');
  expect(namesIn(stdout)).toEqual(['a', 'b', 'c']);
  const events = await cli.run(['audit', '--json'], cli.as(cli.app.root));
  const [newest] = JSON.parse(events.stdout);
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual(newest);
});

it('prints one plain line for each event, in a pipe with the time in UTC', async () => {
  const event = 'dev@example.com  token.created  token ci of dev@example.com  203.0.113.9';
  const inPipe = await follow([], [create('ci')]);
  expect(inPipe.stdout).toBe(`2026-11-23T16:20:00.000Z  ${event}\n`);
  const onScreen = await follow([], [create('ci2')], { columns: 80, timeZone: 'Asia/Kolkata' });
  expect(onScreen.stdout).toBe(`23 Nov 2026, 21:50:00 UTC+05:30  ${event.replace('token ci', 'token ci2')}\n`);
});

it('keeps a server from writing several lines, or escape sequences, for one event', async () => {
  await create('ci')();
  const [event] = JSON.parse((await cli.run(['audit', '--json'], cli.as(cli.app.root))).stdout);
  const text = 'a\nb\r\u001b[2J\u009b\u2028c';
  const hostile = { ...event, target: { ...event.target, name: text }, action: text, ip: text };
  const fetch = () => failing([() => null, () => Response.json({ items: [hostile], next_cursor: null })]);
  for (const args of [[], ['--json']]) {
    const { stdout } = await follow(args, [nothing], { fetch: fetch() });
    expect(stdout.split('\n')).toHaveLength(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the output must not contain.
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
});

it('shows a member their own events, also if they had none before', async () => {
  const root = () => createToken(cli.app, cli.app.root, { name: 'roots' });
  const { stdout } = await follow(['--json'], [root, create('own'), root], cli.as(cli.app.dev));
  expect(namesIn(stdout)).toEqual(['own']);
});

it('asks about every second, and follows many events without waiting in between', async () => {
  const many = async () => {
    for (let number = 0; number < 450; number += 1) {
      const actor = { kind: 'system', id: null, email: null } as const;
      const what = { action: 'sso.issuer_moved', target: { kind: 'issuer', id: null, name: `${number}` } } as const;
      const where = { ownerId: null, ip: null, userAgent: null };
      await cli.app.store.audit.insert({
        id: v7({ msecs: cli.app.clock.now(), seq: number }),
        at: cli.app.clock.now(),
        actor,
        ...what,
        ...where,
      });
    }
  };
  const { stdout, waits } = await follow(['--json'], [many]);
  expect(namesIn(stdout)).toEqual(Array.from({ length: 450 }, (_, number) => `${number}`));
  expect(waits).toHaveLength(2);
  for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(800);
  for (const wait of waits) expect(wait).toBeLessThanOrEqual(1_200);
});

it('waits longer and longer while the server does not respond, and then misses and repeats nothing', async () => {
  const fetch = failing([() => null, () => null, refused, refused, refused, busy, () => null, refused]);
  const steps = [create('a'), create('b'), nothing, nothing, nothing, create('c'), create('d'), nothing];
  const { code, stdout, stderr, waits } = await follow(['--json'], steps, { fetch });
  expect(code).toBe(0);
  expect(namesIn(stdout)).toEqual(['a', 'b', 'c', 'd']);
  const [, , first = 0, , third = 0, afterBusy = 0] = waits;
  expect(first).toBeLessThanOrEqual(1_000);
  expect(third).toBeGreaterThanOrEqual(2_000);
  expect(third).toBeLessThanOrEqual(4_000);
  expect(afterBusy).toBeGreaterThanOrEqual(7_000);
  // One problem for each outage.
  expect(
    stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).code),
  ).toEqual(['unreachable', 'unreachable']);
});

it('says that it waits, and that the server responds again', async () => {
  const { stderr } = await follow([], [nothing, nothing], { fetch: failing([() => null, busy]) });
  expect(stderr).toBe('The server is busy. Waiting for the server …\nhttps://tokens.example.com responds again.\n');
});

it('ends with an error if the server cannot be reached at first, or refuses to go on', async () => {
  expect(await follow([], [], { fetch: failing([refused]) })).toMatchObject({ code: 6, stdout: '' });
  const signOut = () => cli.app.store.sessions.deleteAllOf(cli.app.root.id);
  const { code, stderr } = await follow([], [signOut]);
  expect(code).toBe(4);
  expect(stderr).toContain('session');
});

it('ends with code 0 if the reader of the output is gone', async () => {
  expect(await follow(['--json'], [create('a')], { stdoutFails: 'EPIPE' })).toMatchObject({ code: 0, stderr: '' });
});

it('waits after an empty page that names a next one', async () => {
  const empty = () => Response.json({ items: [], next_cursor: 'more' });
  const { code, waits } = await follow([], [create('ci'), nothing], { fetch: failing([empty, empty, empty]) });
  expect(code).toBe(0);
  expect(waits).toHaveLength(3);
});

it.each([
  '--user=dev@example.com',
  '--since=7d',
  '--until=7d',
  '--action=token.created',
  '--target=ci',
  '--ip=203.0.113.9',
  '--limit=5',
])('rejects %s beside --follow', async (filter) => {
  expect(await follow([filter], [])).toMatchObject({ code: 2, stdout: '' });
});
