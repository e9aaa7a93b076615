import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleToken, base62Alphabet } from '../../../shared/token-format.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';
import { type Place, placesOf, verdictsOn } from './everywhere.ts';

const day = 24 * 60 * 60;
/** Short, so that sessions outlive it. */
const lifetime = 1;

let server: TestServer;
let places: Place[];
beforeAll(async () => {
  server = await startTestServer({ ssoMaxAge: 30 * day });
  places = placesOf(server, await addClient(server, 'gateway'));
});
afterAll(() => server.stop());

interface State {
  /** Null: revoked by nobody. */
  revokedBy: 'owner' | 'superuser' | 'itself' | null;
  disabled: boolean;
  permitted: boolean;
  stale: boolean;
  expired: boolean;
  superuser: boolean;
}

const states: fc.Arbitrary<State> = fc.record({
  revokedBy: fc.option(fc.constantFrom('owner' as const, 'superuser' as const, 'itself' as const)),
  disabled: fc.boolean(),
  permitted: fc.boolean(),
  stale: fc.boolean(),
  expired: fc.boolean(),
  superuser: fc.boolean(),
});

/** The contract's table: the first that applies. */
function expectedReason({ revokedBy, disabled, permitted, stale, expired }: State): string | undefined {
  if (revokedBy !== null) return 'revoked';
  if (disabled) return 'disabled';
  if (!permitted) return 'blocked';
  if (stale) return 'sso-stale';
  return expired ? 'expired' : undefined;
}

let made = 0;

/** A value whose token and owner are in that state. */
async function valueIn(state: State): Promise<string> {
  made += 1;
  const email = `member${made}@example.com`;
  const owner = await server.addMember({ email, can_manage_tokens: true, superuser: state.superuser });
  const { token, value } = await server.issue('any', { as: owner, expiresIn: lifetime });
  if (state.revokedBy !== null) {
    const by = { owner, superuser: server.root, itself: undefined }[state.revokedBy];
    const answer = await server.ask(
      by === undefined ? '/api/v1/token' : `/api/v1/tokens/${token.id}`,
      by === undefined ? { method: 'DELETE', headers: { 'X-API-Key': value } } : { method: 'DELETE', as: by },
    );
    expect(answer.status).toBe(204);
  }
  if (state.stale) await server.store.users.recordSsoSignIn(owner.id, server.clock.now() - 31 * day * 1000);
  const json = { disabled: state.disabled, can_manage_tokens: state.permitted };
  const changed = await server.ask(`/api/v1/users/${owner.id}`, { method: 'PATCH', as: server.root, json });
  expect(changed.status).toBe(200);
  if (state.expired) server.clock.advance(lifetime * 1000);
  return value;
}

/** Every place says the same of the value; `reason` undefined: that it works. */
async function expectEverywhere(value: string, reason: string | undefined): Promise<void> {
  for (const [name, verdict] of await verdictsOn(places, value)) {
    const told = name === 'introspection' ? {} : { reason };
    expect({ name, ...verdict }).toEqual({ name, allowed: reason === undefined, ...told });
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
/** White space parts what is sent in a header: not a matter of the value. */
const international = fc
  .string({ minLength: 1, unit: 'binary' })
  .filter((text) => !/[\0-\x20\x7f]/.test(text) && !/\p{Surrogate}/u.test(text));
const nearly = fc
  .tuple(unknown, fc.nat(41), fc.constantFrom('', '0', '00', '-', 'é', '😀', '%', ',', ':'))
  .map(([value, at, text]) => value.slice(0, at) + text + value.slice(at + 1))
  .filter((value) => value !== '');

describe('one value, sent in every form to every route that decides', () => {
  it('is decided alike, and for the first reason that applies, in every state of its token and its owner', async () => {
    await fc.assert(
      fc.asyncProperty(states, async (state) => expectEverywhere(await valueIn(state), expectedReason(state))),
      {
        numRuns: 60,
        examples: [
          [{ revokedBy: null, disabled: false, permitted: true, stale: false, expired: false, superuser: false }],
          [{ revokedBy: null, disabled: false, permitted: true, stale: false, expired: false, superuser: true }],
          [{ revokedBy: 'owner', disabled: true, permitted: false, stale: true, expired: true, superuser: true }],
        ],
      },
    );
  });

  it.each([
    ['revoked', { revokedBy: 'owner' as const }],
    ['disabled', { disabled: true }],
    ['blocked', { permitted: false }],
    ['sso-stale', { stale: true }],
    ['expired', { expired: true }],
  ])('is %s everywhere for that cause alone', async (reason, cause) => {
    const none: State = {
      revokedBy: null,
      disabled: false,
      permitted: true,
      stale: false,
      expired: false,
      superuser: false,
    };
    await expectEverywhere(await valueIn({ ...none, ...cause }), reason);
  });

  it('works everywhere again once its owner is enabled and permitted again', async () => {
    const owner = await server.addMember({ email: 'back@example.com', can_manage_tokens: true });
    const { value } = await server.issue('any', { as: owner });
    const steps: Array<[object, string | undefined]> = [
      [{ can_manage_tokens: false }, 'blocked'],
      [{ disabled: true }, 'disabled'],
      [{ can_manage_tokens: true }, 'disabled'],
      [{ can_manage_tokens: false, disabled: false }, 'blocked'],
      [{ can_manage_tokens: true }, undefined],
    ];
    await expectEverywhere(value, undefined);
    for (const [json, reason] of steps) {
      await server.ask(`/api/v1/users/${owner.id}`, { method: 'PATCH', as: server.root, json });
      await expectEverywhere(value, reason);
    }
  });

  it('is unknown everywhere if it is none of ours, however much it looks like one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(unknown, nearly, visible, international), (value) =>
        expectEverywhere(value, 'unknown'),
      ),
      { numRuns: 150, examples: [[server.dev.session], ['undefined'], ['null'], ['tok_'], ['x'.repeat(5000)]] },
    );
  });
});
