import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ssoClient } from '../helpers/app/sso.ts';
import type { Manipulation } from '../helpers/peers/false-provider.ts';
import { useSsoWorld } from './sso-world.ts';

const world = useSsoWorld();

/** Signs the claims of an ID token again. */
const signedWith = (alg: string, key: Parameters<SignJWT['sign']>[0], kid?: string) => (token: string) =>
  new SignJWT(decodeJwt(token)).setProtectedHeader({ alg, ...(kid !== undefined && { kid }) }).sign(key);

const algorithms = (list: string[] | undefined) => (metadata: Record<string, unknown>) => ({
  ...metadata,
  id_token_signing_alg_values_supported: list,
});

describe('the signing algorithm of an ID token', () => {
  const shared = new TextEncoder().encode(ssoClient.clientSecret.padEnd(32, '.'));

  it.each<[string, string[] | undefined]>([
    ['lists only HS256', ['HS256']],
    ['lists HS256 and RS256', ['HS256', 'RS256']],
    ['lists only RS256', ['RS256']],
    ['lists nothing', undefined],
  ])('must be asymmetric: HS256 is a set-up mistake if the provider %s', async (_what, list) => {
    const manipulation = { token: signedWith('HS256', shared), metadata: algorithms(list) };
    const { status, text, session, log } = await world.attempt({ manipulation });
    expect([status, session]).toEqual([500, undefined]);
    expect(text).toContain('does not sign in the way that this server needs. Tell the operator');
    expect(log?.level).toBe('error');
    expect(log?.msg).toContain('signs ID tokens with "HS256", which has no public key');
    expect(log?.msg).toContain('an asymmetric one, such as RS256 (id_token_signed_response_alg)');
  });

  it('must be listed unless it is RS256, and the log names what to add', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const keys = [{ ...(await exportJWK(publicKey)), kid: 'es' }];
    const attempt = (list: string[] | undefined) =>
      world.attempt({
        manipulation: { token: signedWith('ES256', privateKey, 'es'), keys, metadata: algorithms(list) },
      });
    expect((await attempt(['ES256'])).status).toBe(303);
    const { status, log } = await attempt(undefined);
    expect(status).toBe(500);
    expect(log?.msg).toContain('signs ID tokens with "ES256", but its discovery document lists no id_token_signing');
    expect((await attempt(['RS256'])).log?.msg).toContain('but its discovery document lists RS256.');
  });

  it('may be RS256 without a list', async () => {
    expect((await world.attempt({ manipulation: { metadata: algorithms(undefined) } })).status).toBe(303);
  });

  it('cannot be that of an encrypted token', async () => {
    const { status, log } = await world.attempt({ manipulation: { token: () => 'e30.a.b.c.d' } });
    expect([status, log?.level]).toEqual([500, 'error']);
    expect(log?.msg).toContain('encrypts ID tokens');
  });
});

describe('the provider’s keys', () => {
  it('are fetched once more for an ID token under a key that was published a moment ago', async () => {
    expect((await world.attempt()).status).toBe(303);
    await world.provider.rotateKey('rotated');
    expect((await world.attempt({ keep: true })).status).toBe(303);
  });

  it('are not fetched again for a key that is known', async () => {
    await world.attempt();
    const before = world.provider.requests.length;
    await world.attempt({ keep: true });
    expect(world.provider.requests.slice(before)).not.toContain('/jwks');
  });

  it('may be several without key IDs', async () => {
    const [one, other, stranger] = await Promise.all([1, 2, 3].map(() => generateKeyPair('ES256')));
    const keys = await Promise.all([one, other].map((pair) => exportJWK(pair?.publicKey as never)));
    const statuses: number[] = [];
    for (const pair of [one, other, stranger]) {
      const token = signedWith('ES256', pair?.privateKey as never);
      statuses.push((await world.attempt({ manipulation: { token, keys } })).status);
    }
    expect(statuses).toEqual([303, 303, 500]);
  });

  it.each<[string, Manipulation, RegExp]>([
    ['are none', { keys: [] }, /a key that its jwks_uri does not list/],
    ['have another ID', { keys: [{ kty: 'RSA', kid: 'other', n: 'AQAB', e: 'AQAB' }] }, /does not list/],
    ['are a page', { answers: { '/jwks': () => ({ body: '<p>Sign in' }) } }, /at its jwks_uri/],
    ['are missing', { answers: { '/jwks': () => ({ status: 404, body: {} }) } }, /at its jwks_uri/],
  ])('are a set-up mistake if they %s', async (_what, manipulation, message) => {
    const { status, text, log } = await world.attempt({ manipulation });
    expect([status, log?.level]).toEqual([500, 'error']);
    expect(text).toContain("the identity provider's signature cannot be verified");
    expect(log?.msg).toMatch(message);
  });

  it('are an outage if the provider cannot return them', async () => {
    const manipulation = { answers: { '/jwks': () => ({ status: 503, body: '' }) } };
    expect((await world.attempt({ manipulation })).status).toBe(503);
  });
});

describe('the clock of the provider', () => {
  const at = (claim: 'iat' | 'nbf' | 'exp', seconds: number): Manipulation => ({
    claims: (claims) => ({ ...claims, [claim]: world.provider.now() + seconds }),
  });

  it.each([
    ['iat', 55],
    ['nbf', 55],
    ['iat', -3600],
    ['exp', -50],
  ] as const)('may differ a little: %s %d seconds from now', async (claim, seconds) => {
    expect((await world.attempt({ manipulation: at(claim, seconds) })).status).toBe(303);
  });

  it.each([
    ['iat', 120, 'is not valid before'],
    ['nbf', 120, 'is not valid before'],
    ['exp', -120, 'expired at'],
  ] as const)('is named if it is wrong: %s %d seconds from now', async (claim, seconds, words) => {
    const { status, text, session, log } = await world.attempt({ manipulation: at(claim, seconds) });
    expect([status, session]).toEqual([500, undefined]);
    expect(text).toContain('its clock and the clock of the identity provider differ. Tell the operator');
    expect(log?.level).toBe('error');
    expect(log?.msg).toMatch(new RegExp(`${words} \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z \\(${claim}\\)`));
    expect(log?.msg).toContain('Correct the clock of this server or of the provider.');
  });
});

describe('a claim of an ID token that does not fit', () => {
  it.each<[string, Manipulation, string | undefined, RegExp]>([
    [
      'aud',
      { claims: (claims) => ({ ...claims, aud: 'another-app' }) },
      'TOKENSD_OIDC_CLIENT_ID',
      /aud claim .* is "another-app", but tokensd expects "tokensd"/,
    ],
    [
      'iss',
      { claims: (claims) => ({ ...claims, iss: 'http://sso.internal:8080' }) },
      'TOKENSD_OIDC_ISSUER',
      /iss claim .* is "http:\/\/sso\.internal:8080", but tokensd expects "http:\/\/127\.0\.0\.1/,
    ],
    ['nonce', { claims: ({ nonce: _, ...claims }) => claims }, undefined, /nonce claim .* is missing/],
    ['sub', { claims: ({ sub: _, ...claims }) => claims }, undefined, /sub claim .* is missing/],
  ])('is a set-up mistake: %s, with both values in the log', async (_claim, manipulation, setting, message) => {
    const { status, log } = await world.attempt({ manipulation });
    expect([status, log?.level, log?.setting]).toEqual([500, 'error', setting]);
    expect(log?.msg).toMatch(message);
  });

  it('does not bring personal data into the log', async () => {
    for (const aud of ['another-app', ssoClient.clientId]) {
      const claims = (claims: object) => ({
        ...claims,
        aud,
        exp: 1,
        email: 'private@example.com',
        address: 'Private Road 1',
      });
      const { lines } = await world.attempt({ manipulation: { claims } });
      expect(lines).toHaveLength(1);
      expect(JSON.stringify(lines)).not.toMatch(/private/i);
    }
  });
});
