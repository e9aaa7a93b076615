import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient, basic } from '../../helpers/app/oauth.ts';
import { routesOf } from '../../helpers/app/routes.ts';
import { isFullLength } from '../../helpers/length.ts';
import { anyForm, cookieOf, formTokenOf, type Operation, operationsOf } from '../members/members.ts';
import { endpointsOf, type OAuthClient, verdictsOn } from '../tokens/endpoints.ts';
import { bytesOf, createRandom, type Draft, mutate, type Random } from './fuzz.ts';

const total = isFullLength ? 10_000 : 4_000;
const concurrency = 12;
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const reproduce = `FUZZ_SEED=${seed} reproduces this run`;

let server: TestServer;
let client: OAuthClient;
let activeToken: string;
let operations: Map<string, Operation>;
beforeAll(async () => {
  process.stderr.write(`\nfuzzing: ${reproduce}\n`);
  server = await startTestServer();
  client = await addClient(server, 'gateway', true);
  operations = await operationsOf(server);
  const owner = await server.addMember({ email: 'owner@example.com', can_manage_tokens: true });
  activeToken = (await server.issue('active', { as: owner })).value;
});
afterAll(() => server.stop());

/** Internals that a response must never contain: stack traces, file names, error classes and SQL. */
const leaks = [
  /\n\s+at [^\n]*[:(][^\n]*:\d+:\d+/,
  /node_modules|\.tsx?:\d+|node:internal/,
  /SQLITE_|SqliteError|KnexTimeout|sqlite3/,
  /\b(select|insert into|update|delete from) ["`]/i,
  /\b(TypeError|RangeError|ReferenceError|SyntaxError|ZodError)\b/,
];
const localPaths = () => [process.cwd(), tmpdir(), server.path];

interface Outcome {
  text: string;
  ms: number;
  /** False if the server did not close the connection in time. */
  closed: boolean;
}

/** Sends the message on a new connection and waits for the complete response. */
function exchange({ bytes, partial }: { bytes: Buffer; partial: boolean }): Promise<Outcome> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const chunks: Buffer[] = [];
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text: Buffer.concat(chunks).toString('latin1'), ms: performance.now() - startedAt, closed });
    };
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(bytes);
      // The server would wait for the rest of a partial message until its timeout. Closing our side ends it.
      if (partial) socket.end();
    });
    const timer = setTimeout(() => finish(false), 4_000);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => finish(true));
  });
}

/** Returns one valid request to each route from a caller with access. Sessions are new, because some routes end them. */
async function createDrafts(): Promise<Draft[]> {
  const [member, root] = await Promise.all([server.dev, server.root].map(({ id }) => server.signIn(id)));
  const { token } = await server.issue(`victim ${performance.now()}`);
  const victim = await server.addMember({ email: `victim${performance.now()}@example.com`, can_manage_tokens: true });
  const fixtures: Fixtures = { member: member ?? '', root: root ?? '', tokenId: token.id, memberId: victim.id };
  const form = {
    ...anyForm,
    ...{ form_token: await formTokenOf(server, fixtures.root), token: `tok_${'A'.repeat(38)}` },
    ...{ password: 'wrong', current: 'wrong' },
  };
  const routes = [
    ...routesOf(server.app),
    ...['auth-request', 'forward-auth', 'ext-authz/a/b'].map((path) => ({ method: 'GET', path: `/verify/${path}` })),
    { method: 'POST', path: '/oauth/introspect' },
  ];
  return routes.map(({ method, path }): Draft => {
    const realMethod = method === 'ALL' ? 'POST' : method;
    const draft = {
      method: realMethod,
      target: targetOf(path, fixtures),
      headers: credentialsFor(path, fixtures),
      body: '',
    };
    if (realMethod === 'GET') return draft;
    const json = path.startsWith('/api');
    draft.headers.push(['Content-Type', json ? 'application/json' : 'application/x-www-form-urlencoded']);
    const { required = {}, fields = [] } = operations.get(`${realMethod} ${path}`)?.body ?? {};
    const optional = Object.fromEntries(fields.map((name) => [name, 'x']));
    const body = json ? JSON.stringify({ ...optional, ...required }) : new URLSearchParams(form).toString();
    return { ...draft, body };
  });
}

interface Fixtures {
  /** The session secrets of a member and of a superuser. */
  member: string;
  root: string;
  /** The targets of routes with IDs. */
  tokenId: string;
  memberId: string;
}

function targetOf(path: string, { tokenId, memberId }: Fixtures): string {
  const id = /\/(users|team)\//.test(path) ? memberId : tokenId;
  return path
    .replace(':file', 'console.css')
    .replace(':action', 'grant')
    .replace(':id', id)
    .replaceAll(/:\w+/g, tokenId);
}

function credentialsFor(path: string, { member, root }: Fixtures): Draft['headers'] {
  if (path.startsWith('/api-token-auth')) return [];
  if (path === '/api/v1/token' || path.startsWith('/verify')) return [['Authorization', `Token ${activeToken}`]];
  if (path.startsWith('/api/v1')) return [['Authorization', `Bearer ${path.includes('/me') ? member : root}`]];
  if (path === '/oauth/introspect' || path === '/oauth/revoke') {
    return Object.entries(basic(client.client_id, client.client_secret));
  }
  return [...Object.entries(cookieOf(server, root)), ['Accept', 'text/html']];
}

/** Reports whether a request leaves the active token alone. The last test verifies that token. */
const keepsToken = ({ method, target }: Draft) => !(method === 'DELETE' && /^\/api\/v1\/token(\?|$)/.test(target));

/** Describes the faults of a response with the request that caused them. Returns an empty list if there are none. */
function faultsOf({ text, ms, closed }: Outcome, draft: Draft): string[] {
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
  const faults: string[] = [];
  if (!closed) faults.push('connection not closed');
  if (ms > 2_000) faults.push(`took ${Math.round(ms)} ms`);
  if (statuses.length === 0 && draft.cutAt === undefined) faults.push('no response');
  if (statuses.some((status) => status >= 500)) faults.push(`status ${statuses.join(', ')}`);
  for (const leak of leaks) if (leak.test(text)) faults.push(`contains ${leak.exec(text)?.[0]}`);
  for (const path of localPaths()) if (text.includes(path)) faults.push(`contains ${path}`);
  if (faults.length === 0) return [];
  const { bytes } = bytesOf(draft);
  return [
    `${faults.join('; ')}\n>>> ${JSON.stringify(bytes.toString('latin1').slice(0, 600))}\n<<< ${JSON.stringify(text.slice(0, 600))}`,
  ];
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Returns the memory in use after garbage collection, in MiB. */
async function memory(): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** Sends mutated requests concurrently, adds their statuses to `statuses` and returns the faults of the responses. */
async function fuzz(count: number, random: Random, statuses: Map<string, number>): Promise<string[]> {
  const faults: string[] = [];
  const drafts = (await createDrafts()).filter(keepsToken);
  let left = count;
  const work = async () => {
    while (left > 0) {
      const draft = mutate(random.pick(drafts), random);
      if (!keepsToken(draft)) continue;
      left -= 1;
      const outcome = await exchange(bytesOf(draft));
      const status = outcome.text.slice(9, 12);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      faults.push(...faultsOf(outcome, draft));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  // The collected log lines would distort the memory measurement.
  server.logLines.length = 0;
  return faults;
}

describe(`a flood of ${total.toLocaleString('en')} requests with one to four mutations each`, () => {
  it('gets responses below 500 within two seconds, reveals no internals and leaks no memory', async () => {
    const random = createRandom(seed);
    const statuses = new Map<string, number>();
    const faults: string[] = [];
    const rounds = 20;
    let before = 0;
    for (let round = 0; round < rounds; round += 1) {
      faults.push(...(await fuzz(total / rounds, random, statuses)));
      // Code that is loaded or compiled on first use is in memory by now.
      if (round === 3) before = await memory();
    }
    process.stderr.write(`fuzzing: ${JSON.stringify([...statuses].sort())}\n`);
    expect(faults.slice(0, 5).join('\n\n'), `${faults.length} faults; ${reproduce}`).toBe('');
    expect((await memory()) - before, reproduce).toBeLessThan(15);
    expect([...statuses.values()].reduce((sum, sent) => sum + sent, 0)).toBeGreaterThanOrEqual(total);
    // Each of these statuses must occur. Otherwise, most requests failed at the first check and tested nothing else.
    for (const status of ['200', '303', '400', '401', '403', '404', '405', '415']) {
      expect(statuses.get(status) ?? 0, `${status} in ${JSON.stringify([...statuses])}; ${reproduce}`).toBeGreaterThan(
        0,
      );
    }
  });

  it('does not pollute Object.prototype', () => {
    const plain: Record<string, unknown> = {};
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(plain.superuser ?? plain.owner_id ?? plain.name).toBeUndefined();
  });

  it('leaves an unrelated token accepted everywhere', async () => {
    for (const [name, verdict] of await verdictsOn(endpointsOf(server, client), activeToken)) {
      expect({ name, allowed: verdict.allowed }).toEqual({ name, allowed: true });
    }
  });
});
