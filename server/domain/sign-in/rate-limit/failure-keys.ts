import ipaddr from 'ipaddr.js';
import { hashSecret } from '../../secrets.ts';
import { networkOf, siteOf } from './client-network.ts';
import type { FailureKey } from './failure-counts.ts';
import type { GuessKind, KnownClient } from './known-devices.ts';

/** The account that an attempt is for, and the client that makes it. */
export interface RateLimitKeys {
  guess: GuessKind;
  /** Folded email address, whether or not a member has it. */
  account: string;
  /** Null if unknown. */
  ip: string | null;
  /** Proof that the client has signed in to this account before. A client without it is a stranger. */
  known?: KnownClient | undefined;
}

/** The keys that an attempt counts under. */
export interface AttemptKeys {
  /** Keys of this client at this account. A success forgets their failures. */
  own: readonly FailureKey[];
  /**
   * Keys that others share: the client's network, for all accounts, and all strangers who enter a code. Empty for a known client.
   * A success takes back only its own attempt.
   */
  shared: readonly FailureKey[];
  /** The keys that all strangers share at this account. Null for a known client, and for codes. */
  strangers: Strangers | null;
}

/**
 * Strangers count by how often their site has failed at the account, so that a member who mistypes a password does not have
 * to compete with guessers that have failed often.
 */
export interface Strangers {
  /** Sites that have not failed. */
  newcomers: FailureKey;
  /** Sites that have failed once or twice. */
  retrying: FailureKey;
  returning: FailureKey;
}

const longestWait = { maxWaitSeconds: 15 * 60 } as const;

/*
 * The limits below decide how many guesses an account takes. SECURITY.md states the sums, and test/domain/sign-in/rate-limit/guessers.test.ts
 * checks them.
 */
const limits = {
  own: { freeFailures: 5, ...longestWait },
  /** All sessions of a member. Otherwise a stolen session could approve others, each with free failures of its own. */
  sessions: { freeFailures: 20, ...longestWait },
  network: { freeFailures: 20, ...longestWait },
  returning: { freeFailures: 20, ...longestWait },
  /** More than the sites of a large storm, so that the owner at a new site is let in during one. */
  newcomers: { freeFailures: 1500, maxWaitSeconds: 60 },
  /** A site uses at most two of these a day, so 150 sites use them up. */
  retrying: { freeFailures: 300, maxWaitSeconds: 60 },
  /** Six digits can be guessed, so at codes all strangers share few failures. Only a client that knows the password gets this far. */
  codes: { freeFailures: 5, ...longestWait },
} as const;

/** Returns what the keys of an account start with. Hashed, because the text typed as an email address can be long, or a password. */
export function accountPrefix(account: string): string {
  return `${hashSecret(`account ${account}`)} `;
}

export function attemptKeysOf({ guess, account, ip, known }: RateLimitKeys): AttemptKeys {
  const prefix = accountPrefix(account);
  const own = (name: string): FailureKey => ({ key: `${prefix}${name}`, group: 'clients', ...limits.own });
  const shared = (name: 'sessions' | 'returning' | 'retrying' | 'newcomers' | 'codes'): FailureKey => ({
    key: `${prefix}${name}`,
    group: 'accounts',
    ...limits[name],
  });
  if (known?.kind === 'device') return { own: [own(`device ${known.id}`)], shared: [], strangers: null };
  if (known?.kind === 'session') {
    return { own: [own(`session ${known.id}`), shared('sessions')], shared: [], strangers: null };
  }
  const network = networkKeys(ip);
  if (guess === 'code') return { own: [], shared: [shared('codes'), ...network], strangers: null };
  const strangers = {
    newcomers: shared('newcomers'),
    retrying: shared('retrying'),
    returning: shared('returning'),
  };
  return { own: [own(`site ${siteOf(ip)}`)], shared: network, strangers };
}

export function networkKeys(ip: string | null): FailureKey[] {
  const network = ip !== null && ipaddr.isValid(ip) ? networkOf(ip) : 'unknown';
  return [{ key: `network ${network}`, group: 'networks', ...limits.network }];
}
