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
type Resolved = Pick<StoredQuery, 'participant' | 'actorEmail' | 'actorId' | 'ownerId' | 'target' | 'ips'>;

/** Maximum number of different addresses of a network. */
const maxAddresses = 10_000;

/** Returns the filter as the store takes it. @throws ProblemError `invalid-fields` */
export async function resolveAuditFilter(store: Store, filter: AuditFilter): Promise<Resolved> {
  const { user, actor, owner, target, ip } = filter;
  if (user !== undefined && (actor ?? owner) !== undefined)
    throw invalid('user', 'user cannot be combined with actor or owner. Leave one of them out.');
  return {
    ...(user !== undefined && (await participantOf(store, user))),
    ...(actor !== undefined && (await actorOf(store, actor))),
    ...(owner !== undefined && { ownerId: (await accountIdOf(store, owner)) ?? owner }),
    ...(target !== undefined && { target: await targetOf(store, target) }),
    ...(ip !== undefined && { ips: await addressesOf(store, ip) }),
  };
}

/**
 * Filters by member or service account. For an address that no member has, finds the failed sign-ins that were tried with it. For a service
 * account that was deleted, finds what its management keys did.
 */
async function participantOf(store: Store, user: string): Promise<Resolved> {
  const id = await accountIdOf(store, user);
  return id === null ? { actorEmail: foldName(normalizeName(user)) } : { participant: id };
}

/** A text that is neither an address nor an ID can be the name of a client. */
async function actorOf(store: Store, actor: string): Promise<Resolved> {
  const id = await accountIdOf(store, actor);
  if (id === null) return { actorEmail: foldName(normalizeName(actor)) };
  return isId(id) ? { actorId: id } : { actorEmail: normalizeName(actor) };
}

async function targetOf(store: Store, target: string): Promise<NonNullable<Resolved['target']>> {
  const id = await accountIdOf(store, target);
  const tokens = target.includes('_') ? await store.tokens.idsByPrefix(target) : [];
  return { ids: id === null ? tokens : [...tokens, id], name: normalizeName(target) };
}

/** Returns the ID of a member or service account by address or name, or null if none has it. Takes every other text for an ID. */
async function accountIdOf(store: Store, text: string): Promise<string | null> {
  const folded = foldName(normalizeName(text));
  const name = serviceAccountName(folded);
  if (name !== null) return (await store.serviceAccounts.findByName(name))?.id ?? null;
  if (!text.includes('@')) return memberIdOf(text);
  return (await store.users.findByEmail(folded))?.id ?? null;
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
    throw invalid('ip', 'ip must be an address such as 203.0.113.9 or a network such as 203.0.113.0/24.');
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
