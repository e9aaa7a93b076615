import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient, basic } from '../../helpers/app/oauth.ts';
import { routesOf } from '../../helpers/app/routes.ts';
import { anyForm, cookieOf, formTokenOf, type Operation, operationsOf } from '../members/members.ts';
import { placesOf, type Service, verdictsOn } from '../tokens/everywhere.ts';
import { bytesOf, createRandom, type Draft, mutate, type Random } from './fuzz.ts';

const total = 10_000;
const atOnce = 12;
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const again = `FUZZ_SEED=${seed} repeats it`;

let server: TestServer;
let service: Service;
let good: string;
let operations: Map<string, Operation>;
beforeAll(async () => {
  process.stderr.write(`\nfuzzing: ${again}\n`);
  server = await startTestServer();
  service = await addClient(server, 'gateway', true);
  operations = await operationsOf(server);
  const keeper = await server.addMember({ email: 'keeper@example.com', can_manage_tokens: true });
  good = (await server.issue('good', { as: keeper })).value;
});
afterAll(() => server.stop());

/** What an answer must never hold: where our code is, how it is built, or what it asks the database. */
const leaks = [
  /\n\s+at [^\n]*[:(][^\n]*:\d+:\d+/,
  /node_modules|\.tsx?:\d+|node:internal/,
  /SQLITE_|SqliteError|KnexTimeout|sqlite3/,
  /\b(select|insert into|update|delete from) ["`]/i,
  /\b(TypeError|RangeError|ReferenceError|SyntaxError|ZodError)\b/,
];
const places = () => [process.cwd(), tmpdir(), server.path];

interface Outcome {
  text: string;
  ms: number;
  /** False if the connection had to be given up. */
  ended: boolean;
}

/** Sends the message on a connection of its own and waits for all that comes back. */
function exchange({ bytes, partial }: { bytes: Buffer; partial: boolean }): Promise<Outcome> {
  return new Promise((resolve) => {
    const began = performance.now();
    const chunks: Buffer[] = [];
    const done = (ended: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text: Buffer.concat(chunks).toString('latin1'), ms: performance.now() - began, ended });
    };
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(bytes);
      // What is not complete gets no answer until the time-out: say that nothing follows.
      if (partial) socket.end();
    });
    const timer = setTimeout(() => done(false), 4_000);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => done(true));
  });
}

/** One good request to each route, as who may send it; sessions are new, since some of these end theirs. */
async function draftsOf(): Promise<Draft[]> {
  const [member, root] = await Promise.all([server.dev, server.root].map(({ id }) => server.signIn(id)));
  const { token } = await server.issue(`victim ${performance.now()}`);
  const victim = await server.addMember({ email: `victim${performance.now()}@example.com`, can_manage_tokens: true });
  const visitor: Visitor = { member: member ?? '', root: root ?? '', tokenId: token.id, memberId: victim.id };
  const form = {
    ...anyForm,
    ...{ form_token: await formTokenOf(server, visitor.root), token: `tok_${'A'.repeat(38)}` },
    ...{ password: 'wrong', current: 'wrong' },
  };
  const routes = [
    ...routesOf(server.app),
    ...['auth-request', 'forward-auth', 'ext-authz/a/b'].map((path) => ({ method: 'GET', path: `/verify/${path}` })),
    { method: 'POST', path: '/oauth/introspect' },
  ];
  return routes.map(({ method, path }): Draft => {
    const real = method === 'ALL' ? 'POST' : method;
    const draft = { method: real, target: targetOf(path, visitor), headers: credentialsFor(path, visitor), body: '' };
    if (real === 'GET') return draft;
    const json = path.startsWith('/api');
    draft.headers.push(['Content-Type', json ? 'application/json' : 'application/x-www-form-urlencoded']);
    const { required = {}, fields = [] } = operations.get(`${real} ${path}`)?.body ?? {};
    const optional = Object.fromEntries(fields.map((name) => [name, 'x']));
    const body = json ? JSON.stringify({ ...optional, ...required }) : new URLSearchParams(form).toString();
    return { ...draft, body };
  });
}

interface Visitor {
  /** Sessions. */
  member: string;
  root: string;
  /** What the routes with ids are about. */
  tokenId: string;
  memberId: string;
}

function targetOf(path: string, { tokenId, memberId }: Visitor): string {
  const id = /\/(users|team)\//.test(path) ? memberId : tokenId;
  return path
    .replace(':file', 'console.css')
    .replace(':action', 'grant')
    .replace(':id', id)
    .replaceAll(/:\w+/g, tokenId);
}

function credentialsFor(path: string, { member, root }: Visitor): Draft['headers'] {
  if (path.startsWith('/api-token-auth')) return [];
  if (path === '/api/v1/token' || path.startsWith('/verify')) return [['Authorization', `Token ${good}`]];
  if (path.startsWith('/api/v1')) return [['Authorization', `Bearer ${path.includes('/me') ? member : root}`]];
  if (path === '/oauth/introspect' || path === '/oauth/revoke') {
    return Object.entries(basic(service.client_id, service.client_secret));
  }
  return [...Object.entries(cookieOf(server, root)), ['Accept', 'text/html']];
}

/** The token that verifies in the end must not be the one that a route revokes on purpose. */
const sparing = ({ method, target }: Draft) => !(method === 'DELETE' && /^\/api\/v1\/token(\?|$)/.test(target));

function check({ text, ms, ended }: Outcome, draft: Draft): string[] {
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
  const wrong: string[] = [];
  if (!ended) wrong.push('no end');
  if (ms > 2_000) wrong.push(`took ${Math.round(ms)} ms`);
  if (statuses.length === 0 && draft.cutAt === undefined) wrong.push('no answer');
  if (statuses.some((status) => status >= 500)) wrong.push(`status ${statuses.join(', ')}`);
  for (const leak of leaks) if (leak.test(text)) wrong.push(`holds ${leak.exec(text)?.[0]}`);
  for (const place of places()) if (text.includes(place)) wrong.push(`holds ${place}`);
  if (wrong.length === 0) return [];
  const { bytes } = bytesOf(draft);
  return [
    `${wrong.join('; ')}\n>>> ${JSON.stringify(bytes.toString('latin1').slice(0, 600))}\n<<< ${JSON.stringify(text.slice(0, 600))}`,
  ];
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Megabytes that are in use once what is not was freed. */
async function memory(): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** Sends that many mutated requests, several at once, and answers what was wrong and which statuses there were. */
async function fuzz(count: number, random: Random, statuses: Map<string, number>): Promise<string[]> {
  const wrong: string[] = [];
  const drafts = (await draftsOf()).filter(sparing);
  let left = count;
  const work = async () => {
    while (left > 0) {
      const draft = mutate(random.pick(drafts), random);
      if (!sparing(draft)) continue;
      left -= 1;
      const outcome = await exchange(bytesOf(draft));
      const status = outcome.text.slice(9, 12);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      wrong.push(...check(outcome, draft));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  // In memory only, and never looked at again.
  server.logLines.length = 0;
  return wrong;
}

describe('10,000 requests that are wrong in one to four ways', () => {
  it('are answered below 500, within two seconds, without a word about our inside, and leave nothing behind', async () => {
    const random = createRandom(seed);
    const statuses = new Map<string, number>();
    const wrong: string[] = [];
    const rounds = 20;
    let before = 0;
    for (let round = 0; round < rounds; round += 1) {
      wrong.push(...(await fuzz(total / rounds, random, statuses)));
      // What is loaded or compiled at first use is there by now.
      if (round === 3) before = await memory();
    }
    process.stderr.write(`fuzzing: ${JSON.stringify([...statuses].sort())}\n`);
    expect(wrong.slice(0, 5).join('\n\n'), `${wrong.length} wrong; ${again}`).toBe('');
    expect((await memory()) - before, again).toBeLessThan(15);
    expect([...statuses.values()].reduce((sum, sent) => sum + sent, 0)).toBeGreaterThanOrEqual(total);
    // Some got through and many did not, or this would be a test of the first check only.
    for (const status of ['200', '303', '400', '401', '403', '404', '405', '415']) {
      expect(statuses.get(status) ?? 0, `${status} in ${JSON.stringify([...statuses])}; ${again}`).toBeGreaterThan(0);
    }
  });

  it('have not taught any object a property', () => {
    const plain: Record<string, unknown> = {};
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(plain.superuser ?? plain.owner_id ?? plain.name).toBeUndefined();
  });

  it('have not harmed a good token, which verifies everywhere', async () => {
    for (const [name, verdict] of await verdictsOn(placesOf(server, service), good)) {
      expect({ name, allowed: verdict.allowed }).toEqual({ name, allowed: true });
    }
  });
});
