import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../helpers/app/http.ts';
import { freePort } from '../helpers/daemon/daemon.ts';
import type { Manipulation } from '../helpers/peers/false-provider.ts';
import { useSsoWorld } from './sso-world.ts';

const world = useSsoWorld();

const discovery = '/.well-known/openid-configuration';
const html = { 'Content-Type': 'text/html' };
const answering = (answer: { status?: number; headers?: Record<string, string>; body: unknown }): Manipulation => ({
  answers: { [discovery]: () => answer },
});

describe('an issuer that is not the provider’s', () => {
  it('is reported on the page as a set-up mistake, and in the log at error with both issuers', async () => {
    const { issuer } = world.provider;
    const metadata = (document: object) => ({ ...document, issuer: `${issuer}/realms/acme/` });
    const { status, text, session, log } = await world.attempt({ manipulation: { metadata } });
    expect([status, session]).toEqual([500, undefined]);
    expect(text).toContain(
      'Single sign-on is set up wrongly: its issuer is not the one that the provider announces. Tell the operator of this server, and give them the request ID ',
    );
    expect(text).toContain('Password');
    expect(log).toMatchObject({ level: 'error', setting: 'TOKENSD_OIDC_ISSUER', request_id: expect.any(String) });
    expect(text).toContain(`the request ID ${log?.request_id}.`);
    expect(log?.msg).toContain(`TOKENSD_OIDC_ISSUER is ${issuer}, but`);
    expect(log?.msg).toContain(`set TOKENSD_OIDC_ISSUER to exactly ${issuer}/realms/acme/.`);
  });

  it.each([
    ['without the final slash', '/application/o/tokens', '/application/o/tokens/'],
    ['with a final slash too many', '/realms/acme/', '/realms/acme'],
    ['with another path', '/realms/acm', '/realms/acme'],
    ['with another case in the path', '/realms/Acme', '/realms/acme'],
  ])('is rejected %s', async (_what, typed, real) => {
    const { issuer } = world.provider;
    const body = { ...(await metadataOf(issuer)), issuer: issuer + real };
    const answers = { [typed.replace(/\/$/, '') + discovery]: () => ({ body }) };
    const { status, log } = await world.attempt({ manipulation: { answers }, settings: { issuer: issuer + typed } });
    expect([status, log?.level, log?.setting]).toEqual([500, 'error', 'TOKENSD_OIDC_ISSUER']);
    expect(log?.msg).toContain(issuer + typed);
    expect(log?.msg).toContain(`exactly ${issuer}${real}.`);
  });

  it.each([
    ['with a final slash on the host alone', '/'],
    ['as the address of the discovery document', discovery],
  ])('is accepted %s', async (_what, typed) => {
    expect((await world.attempt({ settings: { issuer: world.provider.issuer + typed } })).status).toBe(303);
  });
});

it('accepts an issuer whose host is written in another case', async () => {
  const { provider } = world;
  const issuer = `http://localhost:${provider.port}`;
  world.restart({ issuer: issuer.replace('localhost', 'LocalHost') });
  provider.manipulate({ metadata: (document) => ({ ...document, issuer }) });
  const { headers } = await world.app.ask('/login/sso');
  provider.manipulate({});
  expect(headers.get('location')).toContain(`${provider.issuer}/authorize?`);
});

describe('an address that is not an OpenID Connect provider', () => {
  it.each<[string, Manipulation, RegExp]>([
    ['returns 404, as GitHub does', answering({ status: 404, headers: html, body: '<h1>Not found' }), /HTTP 404/],
    ['returns 403', answering({ status: 403, headers: html, body: 'no' }), /HTTP 403/],
    ['returns a page', answering({ headers: html, body: '<!DOCTYPE html><p>Sign in' }), /is not JSON/],
    ['returns JSON without an issuer', answering({ body: { name: 'api' } }), /names no valid issuer/],
    ['returns an issuer that is no address', answering({ body: { issuer: 'acme' } }), /names no valid issuer/],
    ['returns a list', answering({ body: [] }), /names no valid issuer/],
    [
      'redirects',
      answering({ status: 302, headers: { Location: 'https://sso.example.com/x?ticket=1' }, body: '' }),
      /redirects to "https:\/\/sso\.example\.com\/x" \(HTTP 302\)/,
    ],
    ['has no token endpoint', { metadata: ({ token_endpoint: _, ...metadata }) => metadata }, /has no token_endpoint/],
    ['has no keys', { metadata: ({ jwks_uri: _, ...metadata }) => metadata }, /has no jwks_uri/],
    [
      'names an endpoint that is no address',
      { metadata: (metadata) => ({ ...metadata, authorization_endpoint: 'authorize' }) },
      /names authorize as its authorization_endpoint/,
    ],
  ])('is a set-up mistake if it %s', async (_what, manipulation, message) => {
    const { status, text, log } = await world.attempt({ manipulation });
    expect(status).toBe(500);
    expect(text).toContain('Tell the operator of this server, and give them the request ID ');
    expect(log).toMatchObject({ level: 'error', setting: 'TOKENSD_OIDC_ISSUER', msg: expect.stringMatching(message) });
    expect(log?.msg).not.toContain('ticket');
  });
});

describe('a provider that does not respond', () => {
  it.each<[string, Manipulation, RegExp]>([
    ['returns 500', answering({ status: 500, body: 'oops' }), /HTTP 500/],
    ['returns 502', answering({ status: 502, headers: html, body: '<h1>Bad gateway' }), /HTTP 502/],
    ['returns 429', answering({ status: 429, body: {} }), /HTTP 429/],
    ['returns endless data', answering({ body: 'x'.repeat(2_000_000) }), /larger than/],
  ])('is unavailable if it %s', async (_what, manipulation, message) => {
    const { status, text, log } = await world.attempt({ manipulation });
    expect(status).toBe(503);
    expect(text).toContain('does not respond');
    expect(log).toMatchObject({ level: 'warn', msg: expect.stringMatching(message) });
  });

  it('is unavailable if nothing listens, if the name is unknown, or if the connection breaks', async () => {
    const breaking = createServer((socket) => socket.destroy());
    const port = await listen(breaking as never);
    onTestFinished(() => void breaking.close());
    const reasons = {
      [`http://127.0.0.1:${await freePort()}`]: 'ECONNREFUSED',
      'https://sso.invalid': 'ENOTFOUND|EAI_AGAIN',
      [`http://127.0.0.1:${port}`]: 'UND_ERR_SOCKET|ECONNRESET',
    };
    for (const [issuer, reason] of Object.entries(reasons)) {
      const { status, log } = await world.attempt({ settings: { issuer } });
      expect([status, log?.level, log?.setting], issuer).toEqual([503, 'warn', 'TOKENSD_OIDC_ISSUER']);
      expect(log?.msg).toMatch(new RegExp(`cannot be reached at ${issuer} \\((${reason})\\)`));
    }
  });

  it('is unavailable if it accepts the connection and stays silent', async () => {
    const silent = createServer();
    const port = await listen(silent as never);
    onTestFinished(() => void silent.close());
    const started = performance.now();
    const { status, log } = await world.attempt({ settings: { issuer: `http://127.0.0.1:${port}` } });
    expect([status, log?.level]).toEqual([503, 'warn']);
    expect(log?.msg).toContain('did not respond in time');
    expect(performance.now() - started).toBeLessThan(8_000);
  });
});

async function metadataOf(issuer: string): Promise<Record<string, unknown>> {
  return (await (await fetch(issuer + discovery)).json()) as Record<string, unknown>;
}
