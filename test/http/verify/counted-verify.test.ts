import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { createVerification } from '../../../server/domain/tokens/verify.ts';
import { createCountedVerification } from '../../../server/http/verify/counted-verify.ts';

const request = { app: null, method: 'GET', path: '/', ip: null } as const;
const observed = {
  ...{ method: 'GET', target: '/', peer: null, forwardedFor: null, userAgent: null },
  ...{ appId: null, wouldDeny: null },
};

/** Creates the verification with a database that has no tokens. Returns what it did, in order. */
function create() {
  const done: string[] = [];
  const find = async (hashes: readonly string[]) => {
    done.push('lookup');
    return hashes.map(() => null);
  };
  const tokens = {
    findByHashes: find,
    findByHashesAndVersion: async (hashes: readonly string[]) => ({ matches: await find(hashes), appVersion: null }),
    findByHashesAndApps: async () => Promise.reject(new Error('No request names an app.')),
  };
  const verification = createVerification({ tokens, maxParallelLookups: 1 }, () => ({ now: 0 }));
  const { verifyRequest } = createCountedVerification(
    verification,
    (route, outcome) => done.push(`${route} ${outcome}`),
    (hash) => done.push(`presented ${hash}`),
    () => done.push('day'),
  );
  return { done, verifyRequest };
}

it('decides about a malformed value at once, without a lookup, and counts it', async () => {
  const { done, verifyRequest } = create();
  const verdict = verifyRequest('forward-auth', 'tok_malformed', request, () => observed);
  expect(verdict).toMatchObject({ allowed: false, status: 401, reason: 'unknown', known: null, tokenId: null });
  await eventLoopTurn();
  expect(done).toEqual(['forward-auth unknown']);
});

it('records a value that was never issued as it records a canary, in a later turn of the event loop', async () => {
  const { done, verifyRequest } = create();
  await verifyRequest('forward-auth', generateToken('tok').reveal(), request, () => observed);
  expect(done).toEqual(['lookup', 'forward-auth unknown']);
  await eventLoopTurn();
  expect(done).toEqual(['lookup', 'forward-auth unknown', 'presented null']);
});
