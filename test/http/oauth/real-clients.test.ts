import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { freePort } from '../../helpers/daemon/daemon.ts';

type Server = Awaited<ReturnType<typeof startTestServer>>;

let server: Server;
let url: string;
beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  server = await startTestServer({ publicUrl: url }, port);
});
afterAll(() => server.stop());

/** Approves the device in a member's browser. */
async function approveDevice(userCode: string): Promise<void> {
  const browser = openConsole(server, server.dev);
  await browser.get('/device');
  const { location } = await browser.submit('/device', { user_code: userCode });
  await browser.get(location ?? '');
  await browser.submit('/device/approve', { decision: 'approve' });
}

async function approveRequest(authorization: URL): Promise<URL> {
  const browser = openConsole(server, server.dev);
  await browser.get(authorization.pathname + authorization.search);
  const { location } = await browser.submit('/oauth/authorize', { decision: 'approve' });
  return new URL(location ?? '');
}

async function whoIs(session: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/me`, { headers: { Authorization: `Bearer ${session}` } });
  return ((await response.json()) as { email: string }).email;
}

const redirectUri = 'http://127.0.0.1:40001/callback';

describe('openid-client with its defaults', () => {
  // The test server uses plain HTTP on loopback, which the library rejects by default.
  const discover = (id: string, auth: openid.ClientAuth) =>
    openid.discovery(new URL(url), id, undefined, auth, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    });

  it('signs in by the device flow', async () => {
    const config = await discover('tokens', openid.None());
    const device = await openid.initiateDeviceAuthorization(config, {});
    await approveDevice(device.user_code);
    const granted = await openid.pollDeviceAuthorizationGrant(config, { ...device, interval: 0.1 });
    expect(await whoIs(granted.access_token)).toBe('dev@example.com');
  });

  it('signs in by authorization code with PKCE', async () => {
    const config = await discover('tokens', openid.None());
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const expectedState = openid.randomState();
    const authorization = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
    });
    const back = await approveRequest(authorization);
    const granted = await openid.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState });
    expect(await whoIs(granted.access_token)).toBe('dev@example.com');
  });

  it.each([
    ['basic', openid.ClientSecretBasic],
    ['post', openid.ClientSecretPost],
  ])('introspects and revokes by client_secret_%s', async (name, method) => {
    const registered = await addClient(server, `openid-client ${name}`, true);
    const config = await discover(registered.client_id, method(registered.client_secret));
    const { value, token } = await server.issue(`openid-client ${name}`);
    expect(await openid.tokenIntrospection(config, value)).toMatchObject({ active: true, jti: token.id });
    await openid.tokenRevocation(config, value);
    expect(await openid.tokenIntrospection(config, value)).toEqual({ active: false });
  });
});

describe('oauth4webapi with its strict checks', () => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const cli: oauth.Client = { client_id: 'tokens' };
  const discover = async () => {
    const response = await oauth.discoveryRequest(new URL(url), { algorithm: 'oauth2', ...insecure });
    return oauth.processDiscoveryResponse(new URL(url), response);
  };

  it('signs in by the device flow and reads authorization_pending and slow_down', async () => {
    const as = await discover();
    const started = await oauth.deviceAuthorizationRequest(as, cli, oauth.None(), {}, insecure);
    const device = await oauth.processDeviceAuthorizationResponse(as, cli, started);
    const poll = async () => {
      const response = await oauth.deviceCodeGrantRequest(as, cli, oauth.None(), device.device_code, insecure);
      return oauth.processDeviceCodeResponse(as, cli, response);
    };
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending', status: 400 });
    await expect(poll()).rejects.toMatchObject({ error: 'slow_down' });
    await approveDevice(device.user_code);
    const granted = await poll();
    expect(await whoIs(granted.access_token)).toBe('dev@example.com');
    await expect(poll()).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('signs in by authorization code and checks state and issuer', async () => {
    const as = await discover();
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const authorization = new URL(as.authorization_endpoint ?? '');
    authorization.search = new URLSearchParams({
      client_id: 'tokens',
      redirect_uri: redirectUri,
      response_type: 'code',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    }).toString();
    const back = await approveRequest(authorization);
    const parameters = oauth.validateAuthResponse(as, cli, back, state);
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      cli,
      oauth.None(),
      parameters,
      redirectUri,
      verifier,
      insecure,
    );
    const granted = await oauth.processAuthorizationCodeResponse(as, cli, response);
    expect(await whoIs(granted.access_token)).toBe('dev@example.com');
  });

  it('introspects and revokes, and reads the challenge after a wrong secret', async () => {
    const as = await discover();
    const registered = await addClient(server, 'oauth4webapi', true);
    const client: oauth.Client = { client_id: registered.client_id };
    const auth = oauth.ClientSecretBasic(registered.client_secret);
    const { value } = await server.issue('oauth4webapi');
    const introspect = async (how: oauth.ClientAuth) => {
      const response = await oauth.introspectionRequest(as, client, how, value, insecure);
      return oauth.processIntrospectionResponse(as, client, response);
    };
    expect(await introspect(auth)).toMatchObject({ active: true, username: 'dev@example.com', token_type: 'Bearer' });
    await expect(introspect(oauth.ClientSecretBasic('wrong'))).rejects.toThrow(oauth.WWWAuthenticateChallengeError);
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, value, insecure));
    expect(await introspect(auth)).toEqual({ active: false });
  });
});
