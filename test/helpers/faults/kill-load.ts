import type { User } from '../../../shared/schemas/accounts/users.ts';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { verify } from '../daemon/api.ts';

/** Creates a generator of numbers in [0, 1) that repeats for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns the rows of a query without parameters. */
export type Query = (sql: string) => Promise<Array<Record<string, unknown>>>;

export interface KnownToken {
  name: string;
  /** Null if the response was lost and the database was not read yet. */
  id: string | null;
  /** Null if the response was lost. */
  value: string | null;
  revoked: boolean;
}

/** A change whose response was lost. It may have been made completely or not at all. */
type Doubt =
  | { what: 'create'; name: string }
  | { what: 'revoke'; token: KnownToken }
  | { what: 'permission'; to: boolean }
  | { what: 'rename'; to: string }
  | { what: 'add'; email: string };

/**
 * A member whose changes are made one after the other, together with the state they must result in. At most one change is
 * in doubt at a time.
 */
export interface Worker {
  number: number;
  id: string;
  email: string;
  name: string;
  permission: boolean;
  session: string;
  tokens: Map<string, KnownToken>;
  /** Email addresses of the members that this worker added. */
  added: Set<string>;
  counts: Record<'user.renamed' | 'user.permission_granted' | 'user.permission_removed', number>;
  /** The tokens that the current round changed. */
  touched: Set<KnownToken>;
  doubt: Doubt | null;
}

export function newWorker(number: number, user: User, session: string): Worker {
  return {
    number,
    id: user.id,
    email: user.email,
    name: user.name,
    permission: true,
    session,
    tokens: new Map(),
    added: new Set(),
    counts: { 'user.renamed': 0, 'user.permission_granted': 1, 'user.permission_removed': 0 },
    touched: new Set(),
    doubt: null,
  };
}

/** The results of all rounds so far. */
export interface Load {
  /** Number of acknowledged changes by kind. */
  acknowledged: Record<Doubt['what'], number>;
  problems: string[];
}

export function newLoad(): Load {
  return { acknowledged: { create: 0, revoke: 0, permission: 0, rename: 0, add: 0 }, problems: [] };
}

interface Round {
  url: string;
  rootSession: string;
  random: () => number;
  load: Load;
  /** Part of every new name, so that none is used twice. */
  label: string;
  /** Called after each acknowledged change. */
  acknowledged(): void;
}

/** Makes one change after the other until the daemon stops responding. */
export async function work(worker: Worker, round: Round): Promise<void> {
  worker.touched.clear();
  for (let step = 0; ; step += 1) {
    const label = `${round.label}-${worker.number}-${step}`;
    try {
      await changeSomething(worker, round, label);
    } catch {
      return;
    }
  }
}

async function changeSomething(worker: Worker, round: Round, label: string): Promise<void> {
  const dice = round.random();
  const activeTokens = [...worker.tokens.values()].filter(({ id, revoked }) => id !== null && !revoked);
  const token = activeTokens[Math.floor(round.random() * activeTokens.length)];
  if (dice < 0.16) return add(worker, round, `${label}@example.com`);
  if (dice < 0.28) return rename(worker, round, label);
  if (dice < (worker.permission ? 0.36 : 0.64)) return setPermission(worker, round, !worker.permission);
  if (token !== undefined && dice < 0.42) return checkOne(worker, round, token);
  if (token !== undefined && dice < 0.68) return revoke(worker, round, token);
  return worker.permission ? create(worker, round, label) : rename(worker, round, label);
}

async function create(worker: Worker, round: Round, name: string): Promise<void> {
  worker.doubt = { what: 'create', name };
  const response = await change(round, worker.session, 'POST', '/tokens', { name });
  if (acknowledge(worker, round, response, 201)) {
    const token: KnownToken = { name, id: null, value: null, revoked: false };
    worker.tokens.set(name, token);
    worker.touched.add(token);
    const created = (await response.json()) as CreatedToken;
    token.id = created.id;
    token.value = created.token;
  }
}

async function revoke(worker: Worker, round: Round, token: KnownToken): Promise<void> {
  worker.doubt = { what: 'revoke', token };
  worker.touched.add(token);
  const response = await change(round, worker.session, 'DELETE', `/tokens/${token.id}`);
  if (acknowledge(worker, round, response, 204)) token.revoked = true;
}

async function setPermission(worker: Worker, round: Round, to: boolean): Promise<void> {
  worker.doubt = { what: 'permission', to };
  const response = await change(round, round.rootSession, 'PATCH', `/users/${worker.id}`, { can_manage_tokens: to });
  if (acknowledge(worker, round, response, 200)) notePermission(worker, to);
  await response.arrayBuffer();
}

async function rename(worker: Worker, round: Round, to: string): Promise<void> {
  worker.doubt = { what: 'rename', to };
  const response = await change(round, round.rootSession, 'PATCH', `/users/${worker.id}`, { name: to });
  if (acknowledge(worker, round, response, 200)) noteName(worker, to);
  await response.arrayBuffer();
}

async function add(worker: Worker, round: Round, email: string): Promise<void> {
  worker.doubt = { what: 'add', email };
  const body = { email, name: `Name of ${email}`, can_manage_tokens: true };
  const response = await change(round, round.rootSession, 'POST', '/users', body);
  if (acknowledge(worker, round, response, 201)) worker.added.add(email);
  await response.arrayBuffer();
}

async function checkOne(worker: Worker, round: Round, token: KnownToken): Promise<void> {
  if (token.value === null) return;
  const problem = await wrongVerdict(round.url, worker, token);
  if (problem !== null) round.load.problems.push(`under load: ${problem}`);
}

/** Returns whether the change was acknowledged. The status counts, even if the body is cut off. */
function acknowledge(worker: Worker, round: Round, response: Response, expected: number): boolean {
  const doubt = worker.doubt;
  worker.doubt = null;
  if (response.status !== expected) {
    round.load.problems.push(`${JSON.stringify(doubt)} got status ${response.status}`);
    return false;
  }
  if (doubt !== null) round.load.acknowledged[doubt.what] += 1;
  round.acknowledged();
  return true;
}

function notePermission(worker: Worker, to: boolean): void {
  worker.permission = to;
  worker.counts[to ? 'user.permission_granted' : 'user.permission_removed'] += 1;
}

function noteName(worker: Worker, to: string): void {
  worker.name = to;
  worker.counts['user.renamed'] += 1;
}

function change(
  { url }: Round,
  session: string,
  method: string,
  path: string,
  body?: Record<string, unknown>,
): Promise<Response> {
  return fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${session}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Verifies the token and describes a wrong verdict. Returns null if the verdict is right. */
export async function wrongVerdict(url: string, worker: Worker, token: KnownToken): Promise<string | null> {
  const response = await verify(url, token.value ?? '');
  await response.arrayBuffer();
  const actual = `${response.status} ${response.headers.get('x-tokens-reason') ?? ''}`.trim();
  const expected = token.revoked ? '401 revoked' : worker.permission ? '200' : '401 blocked';
  return actual === expected ? null : `token ${token.name} of ${worker.email}: ${actual} instead of ${expected}`;
}

/** The contents of the database. */
export interface Facts {
  users: Map<string, { id: string; name: string; permission: boolean }>;
  /** Token IDs by name. Names are never used twice. */
  tokens: Map<string, string>;
  tombstones: Map<string, string>;
  /** Number of events by `action target-id`. */
  events: Map<string, number>;
  /** Number of mails by `address subject`. */
  mails: Map<string, number>;
}

export async function readFacts(query: Query): Promise<Facts> {
  const users = await query('SELECT id, email, name, can_manage_tokens FROM users');
  const tokens = await query('SELECT id, name FROM tokens');
  const tombstones = await query('SELECT token_id, name FROM tombstones');
  const events = await query('SELECT action, target_id, count(*) AS n FROM audit GROUP BY action, target_id');
  const mails = await query('SELECT recipient, subject, count(*) AS n FROM outbox GROUP BY recipient, subject');
  const pairs = (rows: typeof users, key: (row: (typeof users)[number]) => string, value: string) =>
    rows.map((row) => [key(row), Number(row[value])] as const);
  return {
    users: new Map(
      users.map((row) => [
        String(row.email),
        { id: String(row.id), name: String(row.name), permission: Boolean(row.can_manage_tokens) },
      ]),
    ),
    tokens: new Map(tokens.map((row) => [String(row.name), String(row.id)])),
    tombstones: new Map(tombstones.map((row) => [String(row.name), String(row.token_id)])),
    events: new Map(pairs(events, (row) => `${row.action} ${row.target_id}`, 'n')),
    mails: new Map(pairs(mails, (row) => `${row.recipient} ${row.subject}`, 'n')),
  };
}

/** Decides by one row whether the change in doubt was made. `compare` then expects all of its rows, or none. */
export function resolveDoubt(worker: Worker, facts: Facts): void {
  const { doubt } = worker;
  worker.doubt = null;
  if (doubt === null) return;
  const user = facts.users.get(worker.email);
  if (doubt.what === 'create' && facts.tokens.has(doubt.name)) {
    worker.tokens.set(doubt.name, { name: doubt.name, id: null, value: null, revoked: false });
  }
  if (doubt.what === 'revoke' && facts.tombstones.has(doubt.token.name)) doubt.token.revoked = true;
  if (doubt.what === 'permission' && user?.permission === doubt.to) notePermission(worker, doubt.to);
  if (doubt.what === 'rename' && user?.name === doubt.to) noteName(worker, doubt.to);
  if (doubt.what === 'add' && facts.users.has(doubt.email)) worker.added.add(doubt.email);
}

/** Returns one line for each difference between the database and what the workers expect. */
export function compare(workers: readonly Worker[], facts: Facts): string[] {
  const findings: string[] = [];
  const expectEqual = (what: string, actual: unknown, expected: unknown) => {
    if (actual !== expected) findings.push(`${what}: ${actual} instead of ${expected}`);
  };
  const events = (action: string, id: string | undefined) => facts.events.get(`${action} ${id}`) ?? 0;
  let active = 0;
  let revoked = 0;
  for (const worker of workers) {
    const user = facts.users.get(worker.email);
    expectEqual(`name of ${worker.email}`, user?.name, worker.name);
    expectEqual(`permission of ${worker.email}`, user?.permission, worker.permission);
    for (const [action, count] of Object.entries(worker.counts)) {
      expectEqual(`events ${action} of ${worker.email}`, events(action, worker.id), count);
    }
    for (const email of worker.added) compareAdded(email);
    for (const token of worker.tokens.values()) compareToken(worker.email, token);
  }
  expectEqual('tokens in all', facts.tokens.size, active);
  expectEqual('tombstones in all', facts.tombstones.size, revoked);
  expectEqual('members in all', facts.users.size, 1 + workers.reduce((sum, { added }) => sum + 1 + added.size, 0));
  expectEqual('events token.created in all', total(facts.events, 'token.created '), active + revoked);
  expectEqual('events token.revoked in all', total(facts.events, 'token.revoked '), revoked);
  expectEqual('events user.created in all', total(facts.events, 'user.created '), facts.users.size);
  expectEqual('mails in all', total(facts.mails, ''), active + 2 * revoked);
  return findings;

  function compareAdded(email: string) {
    const user = facts.users.get(email);
    expectEqual(`name of ${email}`, user?.name, `Name of ${email}`);
    expectEqual(`permission of ${email}`, user?.permission, true);
    expectEqual(`events user.created of ${email}`, events('user.created', user?.id), 1);
    expectEqual(`events user.permission_granted of ${email}`, events('user.permission_granted', user?.id), 1);
  }

  function compareToken(email: string, token: KnownToken) {
    const { name } = token;
    const id = facts.tokens.get(name) ?? facts.tombstones.get(name);
    token.id ??= id ?? null;
    active += token.revoked ? 0 : 1;
    revoked += token.revoked ? 1 : 0;
    expectEqual(`id of ${name}`, id, token.id);
    expectEqual(`row of ${name}`, facts.tokens.has(name), !token.revoked);
    expectEqual(`tombstone of ${name}`, facts.tombstones.has(name), token.revoked);
    expectEqual(`events token.created of ${name}`, events('token.created', id), 1);
    expectEqual(`events token.revoked of ${name}`, events('token.revoked', id), token.revoked ? 1 : 0);
    expectEqual(`mails of creation of ${name}`, facts.mails.get(`${email} API token "${name}" was created`) ?? 0, 1);
    const mails = facts.mails.get(`${email} API token "${name}" was revoked`) ?? 0;
    expectEqual(`mails of revocation of ${name}`, mails, token.revoked ? 1 : 0);
  }
}

function total(counts: ReadonlyMap<string, number>, prefix: string): number {
  let sum = 0;
  for (const [key, count] of counts) if (key.startsWith(prefix)) sum += count;
  return sum;
}
