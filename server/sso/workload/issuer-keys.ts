import { AddressRefused } from '../../checked-lookup.ts';
import type { Clock } from '../../domain/clock.ts';
import { ExchangeError } from '../../domain/machines/exchange/exchange-error.ts';
import type { LimitedFetch } from '../provider-fetch.ts';
import { fetchKeySet } from './issuer-documents.ts';

const secondMs = 1000;
/** How long keys are used without asking again. */
const maxAgeMs = 10 * 60 * secondMs;
/** Minimum time between two requests because of key IDs that are not known. */
const minExtraIntervalMs = 60 * secondMs;
/** How long a failure is remembered, so that a flood does not wait for an issuer that is down. */
const failureMs = 5 * secondMs;
/** Discovery and keys must arrive within this time. */
const timeoutMs = 5 * secondMs;
/** Only issuers of trusts have entries. The least recently fetched one is dropped beyond this. */
const maxIssuers = 1_000;

export type KeySet = Awaited<ReturnType<typeof fetchKeySet>>;

interface Entry {
  keys: KeySet | null;
  fetchedAt: number;
  /** When an unknown key ID last caused a request, whether that succeeded or not. */
  extraAt: number;
  failedAt: number;
  /** The request in progress, which concurrent callers share. */
  fetching: Promise<KeySet> | null;
}

/** The signing keys of issuers. */
export interface IssuerKeys {
  /**
   * Returns the keys of an issuer. Fetches them if they are older than ten minutes, and once more, but at most once a minute, if none has
   * the ID `kid`. `send` makes the requests. @throws ExchangeError `temporarily_unavailable` if they cannot be fetched, or the ID is unknown and they cannot be
   * fetched yet
   */
  of(issuer: string, kid: string | undefined, send: LimitedFetch): Promise<KeySet>;
}

export function createIssuerKeys({ clock }: { clock: Clock }): IssuerKeys {
  const entries = new Map<string, Entry>();

  function entryOf(issuer: string): Entry {
    const entry = entries.get(issuer) ?? { keys: null, fetchedAt: 0, extraAt: 0, failedAt: 0, fetching: null };
    entries.delete(issuer);
    entries.set(issuer, entry);
    const [oldest] = entries.keys();
    if (entries.size > maxIssuers && oldest !== undefined) entries.delete(oldest);
    return entry;
  }

  /** Reports whether less than `spanMs` passed since `at`. A clock that was set back counts as a long time. */
  function isWithin(at: number, spanMs: number): boolean {
    const age = clock.now() - at;
    return age >= 0 && age < spanMs;
  }

  async function load(issuer: string, entry: Entry, send: LimitedFetch): Promise<KeySet> {
    try {
      entry.keys = await fetchKeySet(issuer, send, startTimeout());
      entry.fetchedAt = clock.now();
      entry.failedAt = 0;
      return entry.keys;
    } catch (error) {
      entry.failedAt = clock.now();
      throw unreachable(reasonOf(error));
    }
  }

  function fetchOnce(issuer: string, entry: Entry, send: LimitedFetch): Promise<KeySet> {
    if (entry.fetching !== null) return entry.fetching;
    if (isWithin(entry.failedAt, failureMs)) throw unreachable();
    entry.fetching = load(issuer, entry, send).finally(() => {
      entry.fetching = null;
    });
    return entry.fetching;
  }

  return {
    async of(issuer, kid, send) {
      const entry = entryOf(issuer);
      if (entry.keys === null || !isWithin(entry.fetchedAt, maxAgeMs)) return fetchOnce(issuer, entry, send);
      if (hasKey(entry.keys, kid)) return entry.keys;
      // A request in progress may bring the key.
      if (entry.fetching !== null) return entry.fetching;
      // The issuer may have published the key since the last request, so that a refusal could be wrong.
      if (isWithin(entry.extraAt, minExtraIntervalMs)) {
        throw unknownKey(entry.extraAt + minExtraIntervalMs - clock.now());
      }
      const fetching = fetchOnce(issuer, entry, send);
      entry.extraAt = clock.now();
      return fetching;
    },
  };
}

function hasKey({ keys }: KeySet, kid: string | undefined): boolean {
  return kid === undefined || keys.some((key) => 'kid' in key && key.kid === kid);
}

function unreachable(reason?: string): ExchangeError {
  const description = 'The keys of the issuer of the subject token cannot be fetched. Try again in a few seconds.';
  return new ExchangeError('temporarily_unavailable', description, {
    retryAfter: failureMs / secondMs,
    ...(reason !== undefined && { reason }),
  });
}

function unknownKey(waitMs: number): ExchangeError {
  const description =
    'The subject token is signed with a key that the issuer had not published when it was last asked. Try again in a minute.';
  return new ExchangeError('temporarily_unavailable', description, { retryAfter: Math.ceil(waitMs / secondMs) });
}

/** Returns the message of the innermost cause. */
function reasonOf(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  if (root instanceof AddressRefused)
    return `${root.message} A management key chose this issuer. Let a superuser create the trust.`;
  return root instanceof Error ? `${root.name}: ${root.message}` : String(root);
}

/** The timer holds the controller: Node 20 may collect the signal of `AbortSignal.timeout`. */
function startTimeout(): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DOMException('No response in time', 'TimeoutError')), timeoutMs).unref();
  return controller.signal;
}
