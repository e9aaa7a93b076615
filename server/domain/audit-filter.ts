import ipaddr from 'ipaddr.js';
import { foldName, normalizeName, serviceAccountName } from '../../shared/names.ts';
import { ProblemError } from '../../shared/problem.ts';
import { memberIdOf } from '../pseudonym.ts';
import type { Store } from '../store/store.ts';
import { coversNetwork, type Network, parseNetwork } from './tokens/rules/networks.ts';

/** What a reader of the audit log looks for, in their words. */
export interface AuditFilter {
  /** ID, email address or `service-account:NAME` of the actor, owner or target. Not together with `actor` or `owner`. */
  user?: string | undefined;
  /** ID, email address or `service-account:NAME` of the actor, or the name of a client. */
  actor?: string | undefined;
  /** ID, email address or `service-account:NAME` of the member or service account whose account or token was changed. */
  owner?: string | undefined;
  /** ID or name of the target, or the prefix of a token. */
  target?: string | undefined;
  /** An address or a network. */
  ip?: string | undefined;
}

type StoredQuery = Parameters<Store['audit']['list']>[0];
type Resolved = Pick<
  StoredQuery,
  'participant' | 'participants' | 'actorEmail' | 'actor' | 'owners' | 'target' | 'ips'
>;

/** Maximum number of different addresses of a network. */
const maxAddresses = 10_000;

/** Maximum number of objects that one name selects: among those that exist now, and again among those that the log names. */
const maxNamed = 50;

/** The kinds of targets that have a name or an address of their own. */
const accountKinds = ['user', 'service-account'] as const;
const namedKinds = [...accountKinds, 'token', 'client', 'app', 'trust', 'webhook'] as const;

/**
 * Returns the filter as the store takes it. `readsAll` says whether the reader may learn that there is no such member or service account.
 * @throws ProblemError `invalid-fields`
 */
export async function resolveAuditFilter(store: Store, filter: AuditFilter, readsAll: boolean): Promise<Resolved> {
  const { user, actor, owner, target, ip } = filter;
  if (user !== undefined && (actor ?? owner) !== undefined)
    throw invalid('user', 'user cannot be combined with actor or owner. Leave one of them out.');
  const resolved: Resolved = {
    ...(user !== undefined && (await participantOf(store, user))),
    ...(actor !== undefined && { actor: await actorOf(store, actor) }),
    ...(owner !== undefined && { owners: await accountIdsOf(store, owner) }),
    ...(target !== undefined && { target: await targetOf(store, target) }),
    ...(ip !== undefined && { ips: await addressesOf(store, ip) }),
  };
  if (readsAll) await requireKnown(store, resolved);
  return resolved;
}

/**
 * Filters by member or service account. For an address that no member has or had, finds the failed sign-ins that were tried with it.
 */
async function participantOf(store: Store, user: string): Promise<Resolved> {
  const [id, ...others] = await accountIdsOf(store, user);
  if (id === undefined) return { actorEmail: foldName(normalizeName(user)) };
  return others.length === 0 ? { participant: id } : { participants: [id, ...others] };
}

/**
 * An email address also selects events of people who entered it without being signed in. A text that is neither an address nor
 * the name of a service account can be an ID or the name of a client. `system` is the daemon itself.
 */
async function actorOf(store: Store, actor: string): Promise<NonNullable<Resolved['actor']>> {
  const folded = foldName(normalizeName(actor));
  const isAccount = actor.includes('@') || serviceAccountName(folded) !== null;
  const emails = isAccount ? [folded] : isId(actor) ? [] : [normalizeName(actor)];
  return { ids: await accountIdsOf(store, actor), emails, system: folded === 'system' };
}

/** Selects the objects that have this name now, regardless of case, and those that had it according to the log. */
async function targetOf(store: Store, target: string): Promise<NonNullable<Resolved['target']>> {
  const name = normalizeName(target);
  const folded = foldName(name);
  const ids = [
    ...(await accountIdsOf(store, target)),
    ...(target.includes('_') ? await store.tokens.idsByPrefix(target) : []),
    ...(await store.tokens.idsByName(folded, maxNamed)),
    ...(await store.audit.idsNamed([name, folded], namedKinds, maxNamed)),
    (await store.serviceAccounts.findByName(folded))?.id,
    (await store.apps.findByName(folded))?.id,
  ];
  return { ids: distinct(ids), name };
}

/**
 * Returns the IDs of the members or service accounts that have or had this address or name. The list is empty if none ever had
 * it. Treats every other text as an ID. The log knows the names of deleted service accounts and the former addresses of members.
 */
async function accountIdsOf(store: Store, text: string): Promise<string[]> {
  const exact = normalizeName(text);
  const folded = foldName(exact);
  const name = serviceAccountName(folded);
  if (name === null && !text.includes('@')) return [memberIdOf(text)];
  const living = name === null ? store.users.findByEmail(folded) : store.serviceAccounts.findByName(name);
  return distinct([(await living)?.id, ...(await store.audit.idsNamed([exact, folded], accountKinds, maxNamed))]);
}

/** @throws ProblemError `invalid-fields` if a filter names a member or service account that does not exist and never did */
async function requireKnown({ audit }: Pick<Store, 'audit'>, { actor, owners, actorEmail }: Resolved): Promise<void> {
  if (owners?.length === 0) throw unknownAccount('owner');
  const happened = async (query: Resolved) => (await audit.list({ ...query, limit: 1, before: null })).length > 0;
  if (actorEmail !== undefined && !(await happened({ actorEmail }))) throw unknownAccount('user');
  if (actor?.ids.length === 0 && !(await happened({ actor }))) throw unknownAccount('actor');
}

function unknownAccount(name: string): ProblemError {
  return invalid(name, 'No member or service account has or had this address or name. Check how it is written.');
}

function distinct(ids: ReadonlyArray<string | undefined>): string[] {
  return [...new Set(ids.filter((id) => id !== undefined))];
}

const isId = (text: string) => /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);

/** Returns the stored addresses in a network. Addresses of old events may be cut to their network, which is then in wider ones only. */
async function addressesOf(store: Store, text: string): Promise<string[]> {
  const network = readNetwork(text);
  const [base, bits] = network;
  if (bits === (typeof base === 'number' ? 32 : 128)) return [addressText(base)];
  const found = await store.audit.addressesBeginningWith(beginningsOf(network), maxAddresses + 1);
  if (found.length > maxAddresses) {
    throw invalid('ip', `The log has more than ${maxAddresses} addresses in ${text}. Filter by a smaller network.`);
  }
  return found.filter((address) => coversNetwork(network, readNetwork(address)));
}

function readNetwork(text: string): Network {
  try {
    return parseNetwork(text);
  } catch {
    throw invalid('ip', 'Enter an address such as 203.0.113.9, or a network such as 203.0.113.0/24.');
  }
}

function invalid(name: string, detail: string): ProblemError {
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: `?${name}`, detail }] });
}

/** Returns how the addresses of a network begin, as text. Other addresses may begin like this, too. */
function beginningsOf([base, bits]: Network): string[] {
  if (typeof base !== 'number') {
    const whole = base.parts.slice(0, Math.floor(bits / 16));
    // Zeros may be left out of the text of an address.
    const zero = whole.indexOf(0);
    return [
      whole
        .slice(0, zero < 0 ? whole.length : zero)
        .map((part) => `${part.toString(16)}:`)
        .join(''),
    ];
  }
  const octets = octetsOf(base);
  const whole = octets.slice(0, Math.min(3, Math.floor(bits / 8)));
  const start = whole.map((octet) => `${octet}.`).join('');
  const rest = bits - whole.length * 8;
  if (whole.length === 3 || (rest === 0 && whole.length > 0)) return [start];
  const size = 2 ** (8 - rest);
  const octet = octets[whole.length] ?? 0;
  return Array.from({ length: size }, (_, index) => `${start}${octet - (octet % size) + index}.`);
}

function octetsOf(address: number): number[] {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
}

function addressText(address: Network[0]): string {
  return typeof address === 'number' ? octetsOf(address).join('.') : new ipaddr.IPv6(address.parts).toString();
}
