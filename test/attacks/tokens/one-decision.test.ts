import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { assembleToken, base62Alphabet } from '../../../shared/token-format.ts';
import { jsonOf, type Member } from '../../helpers/app/app.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';
import { type Endpoint, endpointsOf, verdictsOn } from './endpoints.ts';

const day = 24 * 60 * 60;
/** The lifetime of each token that expires, and the limit for idle tokens, in seconds. They are short, so that sessions outlive them. */
const [lifetime, maxIdle] = [1, 5];

let server: TestServer;
let endpoints: Endpoint[];
beforeAll(async () => {
  server = await startTestServer({ ssoMaxAge: 30 * day, maxIdle });
  endpoints = endpointsOf(server, await addClient(server, 'gateway'));
});
afterAll(() => server.stop());

interface State {
  /** Null if the token is not revoked. */
  revokedBy: 'owner' | 'superuser' | 'itself' | null;
  disabled: boolean;
  permitted: boolean;
  stale: boolean;
  paused: boolean;
  expired: boolean;
  idle: boolean;
  /** The value to present: the current one, a previous one, or one whose overlap has ended. */
  value: 'current' | 'previous' | 'ended';
  superuser: boolean;
}

const states: fc.Arbitrary<State> = fc.record({
  revokedBy: fc.option(fc.constantFrom('owner' as const, 'superuser' as const, 'itself' as const)),
  disabled: fc.boolean(),
  permitted: fc.boolean(),
  stale: fc.boolean(),
  paused: fc.boolean(),
  expired: fc.boolean(),
  idle: fc.boolean(),
  value: fc.constantFrom('current' as const, 'previous' as const, 'ended' as const),
  superuser: fc.boolean(),
});

const active: State = {
  revokedBy: null,
  disabled: false,
  permitted: true,
  stale: false,
  paused: false,
  expired: false,
  idle: false,
  value: 'current',
  superuser: false,
};

/** Returns the first deny reason that applies, or undefined for an active token. */
function expectedReason(state: State): string | undefined {
  const { revokedBy, disabled, permitted, stale, paused, expired, idle } = state;
  if (revokedBy !== null) return 'revoked';
  // An overlap ends no later than the token would have expired before the rotation.
  if (state.value === 'ended' || (state.value === 'previous' && expired)) return 'rotated';
  if (disabled) return 'disabled';
  if (!permitted) return 'blocked';
  if (stale) return 'sso-stale';
  if (paused) return 'paused';
  if (expired) return 'expired';
  return idle ? 'idle' : undefined;
}

let count = 0;

/** Creates a token in this state and returns its value. */
async function valueIn(state: State): Promise<string> {
  count += 1;
  const email = `member${count}@example.com`;
  const owner = await server.addMember({ email, can_manage_tokens: true, superuser: state.superuser });
  const { token, value } = await server.issue('any', { as: owner, expiresIn: state.expired ? lifetime : day });
  const current = state.value === 'current' ? value : await rotate(owner, token.id, state.value);
  if (state.revokedBy !== null) {
    const by = { owner, superuser: server.root, itself: undefined }[state.revokedBy];
    const response = await server.ask(
      by === undefined ? '/api/v1/token' : `/api/v1/tokens/${token.id}`,
      by === undefined ? { method: 'DELETE', headers: { 'X-API-Key': current } } : { method: 'DELETE', as: by },
    );
    expect(response.status).toBe(204);
  } else if (state.paused) {
    const paused = await server.ask(`/api/v1/tokens/${token.id}/pause`, { as: server.root, json: {} });
    expect(paused.status).toBe(200);
  }
  if (state.stale) await server.store.users.recordSsoSignIn(owner.id, server.clock.now() - 31 * day * 1000);
  const json = { disabled: state.disabled, can_manage_tokens: state.permitted };
  const changed = await server.ask(`/api/v1/users/${owner.id}`, { method: 'PATCH', as: server.root, json });
  expect(changed.status).toBe(200);
  if (state.expired) server.clock.advance(lifetime * 1000);
  if (state.idle) server.clock.advance(maxIdle * 1000 + 1);
  return value;
}

/** Rotates a token, and returns its new value. The old one then is a previous value, or has ended. */
async function rotate(owner: Member, id: string, old: 'previous' | 'ended'): Promise<string> {
  const json = { overlap: old === 'ended' ? 0 : day };
  const response = await server.ask(`/api/v1/tokens/${id}/rotate`, { as: owner, json });
  expect(response.status).toBe(201);
  return (await jsonOf<CreatedToken>(response)).token;
}

/** Expects the same verdict from every endpoint: allow if `reason` is undefined, else deny with that reason. */
async function expectEverywhere(value: string, reason: string | undefined): Promise<void> {
  for (const [name, verdict] of await verdictsOn(endpoints, value)) {
    const expectedReason = name === 'introspection' ? {} : { reason };
    expect({ name, ...verdict }).toEqual({ name, allowed: reason === undefined, ...expectedReason });
  }
}

const base62 = fc.string({ unit: fc.constantFrom(...base62Alphabet), minLength: 32, maxLength: 32 });
const unknown = fc
  .tuple(fc.constantFrom('tok', 'abc', 'x1', 'old'), base62)
  .map(([prefix, body]) => assembleToken(prefix, body));
const visible = fc.string({
  minLength: 1,
  maxLength: 300,
  unit: fc.integer({ min: 33, max: 126 }).map((c) => String.fromCharCode(c)),
});
/** Without white space, which would split the header before the value is read. */
const international = fc
  .string({ minLength: 1, unit: 'binary' })
  .filter((text) => !/[\0-\x20\x7f]/.test(text) && !/\p{Surrogate}/u.test(text));
const almostValid = fc
  .tuple(unknown, fc.nat(41), fc.constantFrom('', '0', '00', '-', 'é', '😀', '%', ',', ':'))
  .map(([value, at, text]) => value.slice(0, at) + text + value.slice(at + 1))
  .filter((value) => value !== '');

describe('every endpoint and every way to send a value', () => {
  it('gives the same verdict and the first applicable reason in every state of a token and its owner', async () => {
    await fc.assert(
      fc.asyncProperty(states, async (state) => expectEverywhere(await valueIn(state), expectedReason(state))),
      {
        numRuns: 60,
        examples: [
          [active],
          [{ ...active, superuser: true }],
          [{ ...active, value: 'previous' }],
          [{ ...active, value: 'ended', disabled: true }],
          [{ ...active, value: 'ended', revokedBy: 'owner' }],
          [{ ...active, value: 'previous', idle: true }],
          [{ ...active, revokedBy: 'owner', disabled: true, permitted: false, stale: true, expired: true }],
        ],
      },
    );
  });

  it.each([
    ['revoked', { revokedBy: 'owner' as const }],
    ['disabled', { disabled: true }],
    ['blocked', { permitted: false }],
    ['sso-stale', { stale: true }],
    ['rotated', { value: 'ended' as const }],
    ['paused', { paused: true }],
    ['expired', { expired: true }],
    ['idle', { idle: true }],
  ])('rejects a token as %s if only that cause applies', async (reason, cause) => {
    await expectEverywhere(await valueIn({ ...active, ...cause }), reason);
  });

  it('allows a token again after its owner is enabled and has the permission', async () => {
    const owner = await server.addMember({ email: 'back@example.com', can_manage_tokens: true });
    const { value } = await server.issue('any', { as: owner });
    const changes: Array<[object, string | undefined]> = [
      [{ can_manage_tokens: false }, 'blocked'],
      [{ disabled: true }, 'disabled'],
      [{ can_manage_tokens: true }, 'disabled'],
      [{ can_manage_tokens: false, disabled: false }, 'blocked'],
      [{ can_manage_tokens: true }, undefined],
    ];
    await expectEverywhere(value, undefined);
    for (const [json, reason] of changes) {
      await server.ask(`/api/v1/users/${owner.id}`, { method: 'PATCH', as: server.root, json });
      await expectEverywhere(value, reason);
    }
  });

  it('rejects every value that was never issued as unknown, however similar it looks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(unknown, almostValid, visible, international), (value) =>
        expectEverywhere(value, 'unknown'),
      ),
      { numRuns: 150, examples: [[server.dev.session], ['undefined'], ['null'], ['tok_'], ['x'.repeat(5000)]] },
    );
  });
});
