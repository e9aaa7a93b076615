import { describe, expect, it } from 'vitest';
import { ssoClient } from '../helpers/app/sso.ts';
import type { Manipulation, ProviderRequest } from '../helpers/peers/false-provider.ts';
import { useSsoWorld } from './sso-world.ts';

const world = useSsoWorld();

type Method = 'basic' | 'post' | 'none';

/** Returns how a token request authenticates, and whether its secret is right. */
function methodOf({ headers, body }: ProviderRequest): { method: Method; isRight: boolean } {
  const { clientId, clientSecret } = ssoClient;
  const posted = new URLSearchParams(body).get('client_secret');
  if (posted !== null) return { method: 'post', isRight: posted === clientSecret };
  if (headers.authorization === undefined) return { method: 'none', isRight: false };
  const [user, password] = Buffer.from(headers.authorization.slice('Basic '.length), 'base64').toString().split(':');
  return { method: 'basic', isRight: user === clientId && decodeURIComponent(password ?? '') === clientSecret };
}

type Rejection = { status: number; headers?: Record<string, string>; body: unknown };
const invalidClient: Rejection = { status: 401, body: { error: 'invalid_client' } };

/** Returns a token endpoint that accepts only these methods, and the methods that it saw. */
function accepting(methods: Method[], rejection: Rejection = invalidClient) {
  const seen: Method[] = [];
  const answer = (request: ProviderRequest) => {
    const { method, isRight } = methodOf(request);
    seen.push(method);
    return methods.includes(method) && isRight ? undefined : rejection;
  };
  return { seen, answers: { '/token': answer } };
}

const listing = (methods: string[] | undefined) => (metadata: Record<string, unknown>) => ({
  ...metadata,
  token_endpoint_auth_methods_supported: methods,
});

describe('the client secret', () => {
  it.each<[string, string[] | undefined, Method[], Method[]]>([
    ['lists nothing and takes basic', undefined, ['basic'], ['basic']],
    ['lists nothing and takes only post', undefined, ['post'], ['basic', 'post']],
    ['lists both and takes only post', ['client_secret_post', 'client_secret_basic'], ['post'], ['basic', 'post']],
    ['lists both and takes both', ['client_secret_post', 'client_secret_basic'], ['basic', 'post'], ['basic']],
    ['lists only post', ['client_secret_post'], ['post'], ['post']],
    ['lists only basic', ['client_secret_basic'], ['basic'], ['basic']],
    ['lists neither and takes post', ['private_key_jwt'], ['post'], ['basic', 'post']],
  ])('is accepted by a provider that %s', async (_what, listed, accepted, expected) => {
    const { seen, answers } = accepting(accepted);
    const { status } = await world.attempt({ manipulation: { answers, metadata: listing(listed) } });
    expect([status, seen]).toEqual([303, expected]);
  });

  it.each<[string, Rejection]>([
    ['invalid_client and status 400', { status: 400, body: { error: 'invalid_client' } }],
    ['a challenge', { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="x"' }, body: '' }],
    ['a page and status 401', { status: 401, headers: { 'Content-Type': 'text/html' }, body: '<h1>Unauthorized' }],
    ['access_denied and status 401, as Auth0 does', { status: 401, body: { error: 'access_denied' } }],
    ['unauthorized_client, as Keycloak does', { status: 401, body: { error: 'unauthorized_client' } }],
    ['invalid_request, as Google does', { status: 400, body: { error: 'invalid_request' } }],
  ])('is sent in the body after a rejection with %s', async (_what, rejection) => {
    const { seen, answers } = accepting(['post'], rejection);
    const { status } = await world.attempt({ manipulation: { answers } });
    expect([status, seen]).toEqual([303, ['basic', 'post']]);
  });

  it('is sent the same way again once the provider has accepted it', async () => {
    const { seen, answers } = accepting(['post']);
    await world.attempt({ manipulation: { answers } });
    await world.attempt({ manipulation: { answers }, keep: true });
    expect(seen).toEqual(['basic', 'post', 'post']);
  });

  it.each(['basic', 'post'] as const)('is sent only as TOKENSD_OIDC_CLIENT_AUTH=%s says', async (clientAuth) => {
    const { seen, answers } = accepting([clientAuth]);
    const manipulation = { answers, metadata: listing([clientAuth === 'basic' ? 'client_secret_post' : 'none']) };
    expect((await world.attempt({ settings: { clientAuth }, manipulation })).status).toBe(303);
    const other = accepting([clientAuth === 'basic' ? 'post' : 'basic']);
    expect((await world.attempt({ settings: { clientAuth }, manipulation: other })).status).toBe(500);
    expect([...seen, ...other.seen]).toEqual([clientAuth, clientAuth]);
  });

  it('is not sent again after an authorization code was rejected', async () => {
    const { seen, answers } = accepting([], { status: 400, body: { error: 'invalid_grant' } });
    expect((await world.attempt({ manipulation: { answers } })).status).toBe(403);
    expect(seen).toEqual(['basic']);
  });
});

describe('a wrong or expired client secret', () => {
  it('is reported on the page as a set-up mistake, and in the log at error with cause and setting', async () => {
    const description = 'AADSTS7000222: The provided client secret keys are expired.';
    const { answers } = accepting(['basic'], {
      ...invalidClient,
      body: { error: 'invalid_client', error_description: description },
    });
    const settings = { clientSecret: 'an-expired-secret' };
    const { status, text, session, log } = await world.attempt({ settings, manipulation: { answers } });
    expect([status, session]).toEqual([500, undefined]);
    expect(text).toContain(
      'Single sign-on is set up wrongly: the identity provider does not accept its client ID or secret. Tell the operator of this server, and give them the request ID ',
    );
    expect(text).not.toContain('AADSTS');
    expect(log).toMatchObject({ level: 'error', setting: 'TOKENSD_OIDC_CLIENT_SECRET' });
    expect(log?.msg).toContain(`"invalid_client" ("${description}")`);
    expect(log?.msg).toContain(ssoClient.clientId);
    expect(log?.cause).toContain('ResponseBodyError');
  });

  it('is reported in the words of the provider, even if its first response has only a challenge', async () => {
    const answers: Manipulation['answers'] = {
      '/token': ({ headers }) =>
        headers.authorization === undefined
          ? invalidClient
          : { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="x"' }, body: '' },
    };
    expect((await world.attempt({ manipulation: { answers } })).log?.msg).toContain('it returned "invalid_client".');
  });

  it('is distinguished from a missing one', async () => {
    const { answers } = accepting(['basic']);
    const { status, text, log } = await world.attempt({ settings: { clientSecret: null }, manipulation: { answers } });
    expect([status, log?.setting]).toEqual([500, 'TOKENSD_OIDC_CLIENT_SECRET']);
    expect(text).toContain('requires a client secret');
    expect(log?.msg).toContain('Set TOKENSD_OIDC_CLIENT_SECRET');
  });

  it('stays out of the log, even if the provider repeats it', async () => {
    const secret = 'a secret+that/is wrong';
    const { answers } = accepting(['basic'], {
      status: 401,
      body: { error: 'invalid_client', error_description: `${secret}: a-code` },
    });
    const { lines } = await world.attempt({ settings: { clientSecret: secret }, manipulation: { answers } });
    expect(lines.map(({ level }) => level)).toEqual(['error']);
    expect(JSON.stringify(lines)).not.toContain(secret);
    expect(JSON.stringify(lines)).not.toContain('a-code');
  });
});
