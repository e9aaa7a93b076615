import { describe, expect, it } from 'vitest';
import type { OidcConfig } from '../../server/config/config.ts';
import { createLog } from '../../server/observability/log.ts';
import { checkIdentityProvider } from '../../server/sso/check.ts';
import { logProviderCheck } from '../../server/sso/start-check.ts';
import { ssoConfig } from '../helpers/app/sso.ts';
import { freePort } from '../helpers/daemon/daemon.ts';
import type { Manipulation } from '../helpers/peers/false-provider.ts';
import { useSsoWorld } from './sso-world.ts';

const world = useSsoWorld();
const clock = { now: () => Date.now() };
const publicUrl = 'https://tokens.example.com';
/** A provider's response to an authorization code that does not exist. */
const unknownCode = () => ({ status: 400, body: { error: 'invalid_grant' } });

function configOf(changes: Partial<OidcConfig>) {
  return { oidc: ssoConfig(world.provider.issuer, changes), proxy: {}, publicUrl };
}

/** Checks the provider while it is manipulated. Returns the lines by name. */
async function check(manipulation: Manipulation = {}, changes: Partial<OidcConfig> = {}, at = clock) {
  world.provider.manipulate({ ...manipulation, answers: { '/token': unknownCode, ...manipulation.answers } });
  const lines = await checkIdentityProvider(configOf(changes), at);
  world.provider.manipulate({});
  return Object.fromEntries(lines.map(({ name, ...line }) => [name, line]));
}

const metadata = (changes: Record<string, unknown>): Manipulation => ({
  metadata: (document) => ({ ...document, ...changes }),
});

describe('a check of the identity provider', () => {
  it('has one line for each thing that it compares, and all are ok if the set-up is', async () => {
    const lines = await check();
    expect(Object.keys(lines)).toEqual([
      'sso discovery',
      'sso issuer',
      'sso flow',
      'sso signing',
      'sso keys',
      'sso client',
      'sso clock',
    ]);
    expect(Object.values(lines).map(({ state }) => state)).toEqual(Array(7).fill('ok'));
    expect(lines['sso client']?.detail).toContain('accepts client tokensd (client_secret_basic)');
    expect(lines['sso keys']?.detail).toContain('has 1 usable signing key');
  });

  it('has no lines without single sign-on', async () => {
    expect(await checkIdentityProvider({ oidc: null, proxy: {}, publicUrl }, clock)).toEqual([]);
  });

  it('ends with discovery if that fails, and tells a mistake from an outage', async () => {
    const mistake = await check(metadata({ issuer: 'https://other.example' }));
    expect(mistake).toEqual({
      'sso discovery': {
        state: 'failed',
        setting: 'TOKENSD_OIDC_ISSUER',
        detail: expect.stringContaining('to exactly https://other.example.'),
      },
    });
    const outage = await check({}, { issuer: `http://127.0.0.1:${await freePort()}` });
    expect(outage['sso discovery']).toMatchObject({ state: 'failed', isOutage: true });
  });

  it.each<[string, 'warning' | 'failed', string, Manipulation, RegExp]>([
    ['sso flow', 'failed', 'no code flow', metadata({ response_types_supported: ['id_token'] }), /offers id_token/],
    [
      'sso flow',
      'failed',
      'no query',
      metadata({ response_modes_supported: ['form_post'] }),
      /form_post and not query/,
    ],
    [
      'sso signing',
      'failed',
      'shared secrets only',
      metadata({ id_token_signing_alg_values_supported: ['HS256', 'none'] }),
      /only with HS256, none\. Set it to an asymmetric algorithm, such as RS256/,
    ],
    [
      'sso signing',
      'warning',
      'no list',
      metadata({ id_token_signing_alg_values_supported: undefined }),
      /lists no id_token_signing_alg_values_supported/,
    ],
    ['sso keys', 'failed', 'no keys', { keys: [] }, /lists no public key/],
    ['sso keys', 'failed', 'an encryption key only', { keys: [{ kty: 'RSA', use: 'enc' }] }, /lists no public key/],
    ['sso keys', 'failed', 'a page', { answers: { '/jwks': () => ({ body: '<p>' }) } }, /is not a set of keys/],
    ['sso keys', 'failed', '404', { answers: { '/jwks': () => ({ status: 404, body: '' }) } }, /is not a set of keys/],
    [
      'sso client',
      'failed',
      'a wrong secret',
      { answers: { '/token': () => ({ status: 401, body: { error: 'invalid_client' } }) } },
      /create a new secret there and set it as TOKENSD_OIDC_CLIENT_SECRET/,
    ],
    [
      'sso client',
      'warning',
      'another error',
      { answers: { '/token': () => ({ status: 400, body: { error: 'invalid_request' } }) } },
      /^It is not certain/,
    ],
    [
      'sso client',
      'failed',
      'an outage',
      { answers: { '/token': () => ({ status: 503, body: '' }) } },
      /returned HTTP 503/,
    ],
  ])('%s is %s with %s', async (name, state, _what, manipulation, detail) => {
    const line = (await check(manipulation))[name];
    expect(line?.state).toBe(state);
    expect(line?.detail).toMatch(detail);
  });

  it('says how the provider takes the client secret', async () => {
    const answers: Manipulation['answers'] = {
      '/token': ({ body }) =>
        new URLSearchParams(body).has('client_secret')
          ? unknownCode()
          : { status: 401, body: { error: 'invalid_client' } },
    };
    expect((await check({ answers }))['sso client']?.detail).toContain('(client_secret_post)');
    expect((await check({ answers }, { clientSecret: null }))['sso client']).toMatchObject({
      state: 'failed',
      setting: 'TOKENSD_OIDC_CLIENT_SECRET',
    });
  });

  it.each([
    [0, 'ok'],
    [-30, 'warning'],
    [30, 'warning'],
    [-120, 'failed'],
    [120, 'failed'],
  ])('compares the clocks: a difference of %d seconds is %s', async (seconds, state) => {
    const line = (await check({}, {}, { now: () => Date.now() - seconds * 1000 }))['sso clock'];
    expect(line?.state).toBe(state);
    if (seconds !== 0) expect(line?.detail).toMatch(seconds > 0 ? /\d seconds ahead of/ : /\d seconds behind/);
  });
});

describe('the check at start', () => {
  async function logged(manipulation: Manipulation, changes: Partial<OidcConfig> = {}) {
    const lines: string[] = [];
    world.provider.manipulate({ ...manipulation, answers: { '/token': unknownCode, ...manipulation.answers } });
    await logProviderCheck(configOf(changes), {
      contact: { record: () => {} },
      clock,
      log: createLog('debug', (line) => lines.push(line)),
    });
    world.provider.manipulate({});
    return lines.map((line) => JSON.parse(line));
  }

  it('logs mistakes at error with the setting, and nothing if all is well', async () => {
    expect(await logged({})).toEqual([]);
    expect(await logged(metadata({ issuer: 'https://other.example' }))).toMatchObject([
      {
        level: 'error',
        check: 'sso discovery',
        setting: 'TOKENSD_OIDC_ISSUER',
        msg: expect.stringContaining(`TOKENSD_OIDC_ISSUER is ${world.provider.issuer}, but`),
      },
    ]);
  });

  it('logs a provider that does not respond at warn', async () => {
    const lines = await logged({}, { issuer: `http://127.0.0.1:${await freePort()}` });
    expect(lines).toMatchObject([{ level: 'warn', msg: expect.stringContaining('cannot be reached') }]);
  });
});
