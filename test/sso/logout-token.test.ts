import { describe, expect, it } from 'vitest';
import { ssoClient } from '../helpers/app/sso.ts';
import { type LogLine, useSsoWorld } from './sso-world.ts';

const world = useSsoWorld();
let count = 0;

function claims(changes: Record<string, unknown> = {}) {
  const { issuer, now } = world.provider;
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  count += 1;
  const times = { iat: now(), exp: now() + 60 };
  return { iss: issuer, aud: ssoClient.clientId, ...times, jti: `logout ${count}`, sub: 'ada', events, ...changes };
}

/** Sends a logout token as the provider does. */
async function send(token: string) {
  const logged = world.app.logLines.length;
  const response = await world.app.ask('/sso/backchannel-logout', {
    method: 'POST',
    body: new URLSearchParams({ logout_token: token }).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  const lines = world.app.logLines.slice(logged).map((line): LogLine => JSON.parse(line));
  const log = lines.find(({ level }) => level !== 'debug');
  return { status: response.status, text: await response.text(), log };
}

/** Signs a member in and returns whether the session still exists. */
async function signIn(keep = false) {
  const { session } = await world.attempt({ keep });
  return async () => (await world.app.services.sessions.authenticate(session ?? '')) !== null;
}

describe('a logout token', () => {
  it('is accepted under a key that the provider published a moment ago', async () => {
    const isSignedIn = await signIn();
    await world.provider.rotateKey('just-published');
    expect((await send(await world.provider.sign(claims()))).status).toBe(200);
    expect(await isSignedIn()).toBe(false);
  });

  it('with unknown keys makes at most one request for the keys per second', async () => {
    await signIn();
    const [, ...rest] = (await world.provider.sign(claims())).split('.');
    const header = (kid: string) => Buffer.from(JSON.stringify({ alg: 'RS256', kid })).toString('base64url');
    const before = world.provider.requests.length;
    const started = performance.now();
    const statuses = await Promise.all(
      [...'abcdefghij'].map(async (kid) => (await send([header(kid), ...rest].join('.'))).status),
    );
    const seconds = Math.ceil((performance.now() - started) / 1000);
    expect(statuses).toEqual(Array(10).fill(400));
    const fetched = world.provider.requests.slice(before).filter((path) => path === '/jwks');
    expect(fetched.length).toBeLessThanOrEqual(seconds + 1);
  });

  it.each(['iat', 'nbf'])('is accepted with %s 55 seconds ahead', async (claim) => {
    const isSignedIn = await signIn();
    const token = await world.provider.sign(claims({ [claim]: world.provider.now() + 55 }));
    expect((await send(token)).status).toBe(200);
    expect(await isSignedIn()).toBe(false);
  });

  it.each(['iat', 'nbf'])('is rejected with %s two minutes ahead, and the log names the clock', async (claim) => {
    const isSignedIn = await signIn();
    const token = await world.provider.sign(claims({ [claim]: world.provider.now() + 120 }));
    const { status, text, log } = await send(token);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      error: 'invalid_request',
      error_description: expect.stringContaining('clock of the identity provider differ'),
    });
    expect(log?.level).toBe('error');
    expect(log?.msg).toContain(`(${claim}) by the clock of this server`);
    expect(await isSignedIn()).toBe(true);
  });

  it('for another client is rejected, and the log names both', async () => {
    await signIn();
    const { status, log } = await send(await world.provider.sign(claims({ aud: 'another-app' })));
    expect([status, log?.level, log?.setting]).toEqual([400, 'error', 'TOKENSD_OIDC_CLIENT_ID']);
    expect(log?.msg).toContain('is "another-app", but tokensd expects "tokensd"');
  });

  it('that anybody can have made is logged at info only', async () => {
    await signIn();
    const forged = (await world.provider.sign(claims())).replace(/.{8}$/, 'AAAAAAAA');
    for (const token of ['x', 'e30.e30.', forged]) {
      const { status, log } = await send(token);
      expect([status, log?.level]).toEqual([400, 'info']);
    }
  });

  it('is to be sent again if the provider does not return its keys', async () => {
    world.restart();
    world.provider.manipulate({ answers: { '/jwks': () => ({ status: 503, body: '' }) } });
    const { status, log } = await send(await world.provider.sign(claims()));
    world.provider.manipulate({});
    expect([status, log?.level]).toEqual([503, 'warn']);
  });
});
