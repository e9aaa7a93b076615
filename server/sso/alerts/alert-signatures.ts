import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { ProblemError } from '../../../shared/problem.ts';
import type { ProxyVariables } from '../../../shared/proxy.ts';
import type { Clock } from '../../domain/clock.ts';
import type { AlertSignatures } from '../../domain/leaks/alert-signatures.ts';
import { createLimitedFetch } from '../provider-fetch.ts';

/** How long keys are used without asking again. A key that was withdrawn is accepted for that long. */
const maxAgeMs = 60 * 60 * 1000;
/** Minimum time between two requests because of keys that are not known. */
const minIntervalMs = 60 * 1000;
/** How long a failure is remembered, so that a flood does not wait for a server that is down. */
const failureMs = 5 * 1000;

const keyIdPattern = /^[0-9A-Za-z_-]{1,128}$/;
/** A signature with P-256 has at most 72 bytes in DER. */
const signaturePattern = /^[0-9A-Za-z+/]{1,96}={0,2}$/;

const verifyAsync = promisify(verify);

/** Creates the check of alerts that GitHub's secret scanning signs with ECDSA on P-256 and SHA-256. The keys come from `url`. */
export function createAlertSignatures({
  clock,
  url,
  proxy,
}: {
  clock: Clock;
  url: string;
  proxy: ProxyVariables;
}): AlertSignatures {
  const send = createLimitedFetch(proxy);
  let keys: ReadonlyMap<string, KeyObject> = new Map();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | null = null;

  /** Reports whether less than `spanMs` passed since `at`. A clock that was set back counts as a long time. */
  function isWithin(at: number, spanMs: number): boolean {
    const age = clock.now() - at;
    return age >= 0 && age < spanMs;
  }

  async function load(): Promise<void> {
    triedAt = clock.now();
    try {
      const response = await send(new URL(url), { headers: { Accept: 'application/json' } });
      if (response.status !== 200) throw new Error(`The server returned HTTP ${response.status}.`);
      keys = parseKeys(await response.json());
      fetchedAt = clock.now();
    } catch (cause) {
      failedAt = clock.now();
      throw keysUnavailable(cause);
    }
  }

  /** Fetches the keys. Concurrent callers share one request. */
  function refresh(): Promise<void> {
    if (fetching !== null) return fetching;
    if (isWithin(failedAt, failureMs)) throw keysUnavailable();
    fetching = load().finally(() => {
      fetching = null;
    });
    return fetching;
  }

  async function findKey(keyId: string): Promise<KeyObject | undefined> {
    if (!isWithin(fetchedAt, maxAgeMs)) await refresh();
    else if (!keys.has(keyId) && !isWithin(triedAt, minIntervalMs)) await refresh();
    return keys.get(keyId);
  }

  return {
    async verify({ keyId, signature }, body) {
      if (!keyIdPattern.test(keyId) || !signaturePattern.test(signature)) return false;
      const key = await findKey(keyId);
      return key !== undefined && verifyAsync('sha256', body, key, Buffer.from(signature, 'base64'));
    },
  };
}

/** Reads `{"public_keys": [{"key_identifier", "key"}]}`. Leaves out keys of other kinds. @throws Error */
function parseKeys(document: unknown): ReadonlyMap<string, KeyObject> {
  const list = typeof document === 'object' && document !== null ? Reflect.get(document, 'public_keys') : undefined;
  if (!Array.isArray(list)) throw new Error('The document has no public_keys.');
  const keys = new Map<string, KeyObject>();
  for (const entry of list) {
    const { key_identifier: id, key: pem } = entry ?? {};
    if (typeof id !== 'string' || typeof pem !== 'string') continue;
    const key = createPublicKey(pem);
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') keys.set(id, key);
  }
  return keys;
}

function keysUnavailable(cause?: unknown): ProblemError {
  const detail = 'The keys of GitHub secret scanning cannot be fetched. Try again in a minute.';
  return new ProblemError('unavailable', detail, { retryAfter: 60, cause });
}
