import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ssoClient } from '../../helpers/app/sso.ts';
import { type Daemon, freePort, useDaemons } from '../../helpers/daemon/daemon.ts';
import { eventually } from '../../helpers/daemon/process.ts';
import { visit } from '../../helpers/daemon/sso.ts';
import { type FalseProvider, startFalseProvider } from '../../helpers/peers/false-provider.ts';
import { startForwardProxy } from '../../helpers/peers/forward-proxy.ts';
import { createPrivateAuthority, type PrivateAuthority } from '../../helpers/peers/private-authority.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const host = 'sso.example.test';
const issuer = `https://${host}`;
const daemons = useDaemons();

/**
 * A provider with a certificate of the company's own authority. Its host name does not exist on this machine, so it can be
 * reached only through the company's proxy.
 */
describe.skipIf(!hasRealParts('openssl'))('a provider behind the company’s HTTPS proxy', () => {
  let authority: PrivateAuthority;
  let provider: FalseProvider;
  beforeAll(async () => {
    authority = createPrivateAuthority();
    provider = await startFalseProvider(ssoClient.clientId, { issuer, tls: authority.issue(host) });
  });
  afterAll(async () => {
    await provider.stop();
    authority.remove();
  });

  async function startProxy(credentials?: string) {
    const hosts = { [`${host}:443`]: provider.port };
    const proxy = await startForwardProxy({ hosts, ...(credentials !== undefined && { credentials }) });
    onTestFinished(proxy.stop);
    return proxy;
  }

  async function startDaemon(env: Record<string, string>): Promise<Daemon> {
    const port = await freePort();
    return daemons.start(await daemons.newDataDir(), {
      TOKENSD_LISTEN: `127.0.0.1:${port}`,
      TOKENSD_PUBLIC_URL: `http://127.0.0.1:${port}`,
      TOKENSD_OIDC_ISSUER: issuer,
      TOKENSD_OIDC_CLIENT_ID: ssoClient.clientId,
      TOKENSD_OIDC_CLIENT_SECRET: ssoClient.clientSecret,
      NODE_EXTRA_CA_CERTS: authority.caFile,
      ...env,
    });
  }

  async function signIn({ url }: Daemon) {
    const begun = await visit(url, '/login/sso');
    return begun.location === null ? begun : visit(url, provider.callbackFor(begun.location), begun.cookies);
  }

  it.each<[string, (port: number) => Record<string, string>]>([
    ['HTTPS_PROXY', (port) => ({ HTTPS_PROXY: `http://127.0.0.1:${port}` })],
    ['https_proxy without a scheme', (port) => ({ https_proxy: `127.0.0.1:${port}` })],
    ['ALL_PROXY', (port) => ({ ALL_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: 'other.test,10.0.0.0/8' })],
  ])('is asked through %s for discovery, tokens, keys and userinfo', async (_name, env) => {
    const proxy = await startProxy();
    const daemon = await startDaemon(env(proxy.port));
    provider.requests.length = 0;
    expect(await signIn(daemon)).toMatchObject({ status: 303 });
    expect(new Set(provider.requests)).toEqual(
      new Set(['/.well-known/openid-configuration', '/token', '/jwks', '/userinfo']),
    );
    expect(proxy.tunnels.length).toBeGreaterThan(0);
    expect(new Set(proxy.tunnels)).toEqual(new Set([`${host}:443`]));
  });

  it('is asked with the user name and password of the proxy, and their absence is named', async () => {
    const proxy = await startProxy('tokensd:p@ss word');
    const good = await startDaemon({ HTTPS_PROXY: `http://tokensd:p%40ss%20word@127.0.0.1:${proxy.port}` });
    expect(await signIn(good)).toMatchObject({ status: 303 });
    const bad = await startDaemon({ HTTPS_PROXY: `http://tokensd:wrong@127.0.0.1:${proxy.port}` });
    const { status, html } = await signIn(bad);
    expect(status).toBe(500);
    expect(html).toContain('the proxy in front of the identity provider refuses the connection');
    expect(errorsOf(bad)[0]).toMatchObject({
      setting: 'HTTPS_PROXY',
      msg: expect.stringContaining('(HTTP 407). Put a valid user name and password into HTTPS_PROXY.'),
    });
    expect(bad.stderr()).not.toContain('wrong');
  });

  it('is asked directly if NO_PROXY excepts it', async () => {
    const proxy = await startProxy();
    const daemon = await startDaemon({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '.example.test' });
    expect((await signIn(daemon)).status).toBe(503);
    expect(proxy.tunnels).toEqual([]);
  });

  it('is a set-up mistake if the proxy forbids it, or if the variable is not an address', async () => {
    const proxy = await startForwardProxy({ hosts: {} });
    onTestFinished(proxy.stop);
    const forbidden = await startDaemon({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
    expect((await signIn(forbidden)).status).toBe(500);
    expect(errorsOf(forbidden)[0]?.msg).toContain(`refused to connect to ${host} (HTTP 403)`);
    const typo = await startDaemon({ HTTPS_PROXY: 'http//proxy.example.com:3128' });
    expect((await signIn(typo)).status).toBe(500);
    expect(errorsOf(typo)[0]).toMatchObject({
      setting: 'HTTPS_PROXY',
      msg: expect.stringContaining('Write it as http://'),
    });
  });

  it('is a set-up mistake if its certificate authority is unknown, and the log names NODE_EXTRA_CA_CERTS', async () => {
    const proxy = await startProxy();
    const daemon = await startDaemon({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NODE_EXTRA_CA_CERTS: '' });
    const atStart = await eventually(() => errorsOf(daemon)[0], 'the check at start');
    const { status, html } = await signIn(daemon);
    expect(status).toBe(500);
    expect(html).toContain('the certificate of the identity provider is not accepted. Tell the operator');
    for (const line of [atStart, errorsOf(daemon).at(-1)]) {
      expect(line).toMatchObject({ level: 'error', setting: 'NODE_EXTRA_CA_CERTS' });
      expect(line?.msg).toMatch(/sso\.example\.test comes from an authority .*Set NODE_EXTRA_CA_CERTS to a file/);
    }
  });

  it('is a set-up mistake if its certificate is for another host', async () => {
    const other = await startFalseProvider(ssoClient.clientId, { issuer, tls: authority.issue('other.example.test') });
    const proxy = await startForwardProxy({ hosts: { [`${host}:443`]: other.port } });
    onTestFinished(async () => {
      await proxy.stop();
      await other.stop();
    });
    const daemon = await startDaemon({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
    expect((await signIn(daemon)).status).toBe(500);
    expect(errorsOf(daemon)[0]).toMatchObject({ setting: 'TOKENSD_OIDC_ISSUER' });
    expect(errorsOf(daemon)[0]?.msg).toMatch(/it is for another host: .*other\.example\.test/);
  });

  it('on this machine is asked directly, whatever the variables say', async () => {
    const local = await startFalseProvider(ssoClient.clientId);
    onTestFinished(local.stop);
    const proxy = await startProxy();
    const address = `http://127.0.0.1:${proxy.port}`;
    const daemon = await startDaemon({
      ...{ TOKENSD_OIDC_ISSUER: local.issuer, HTTP_PROXY: address, HTTPS_PROXY: address, ALL_PROXY: address },
    });
    const begun = await fetch(`${daemon.url}/login/sso`, { redirect: 'manual' });
    expect(begun.headers.get('location')).toContain(local.issuer);
    expect(proxy.tunnels).toEqual([]);
  });

  it('of Microsoft that serves every tenant is warned about at start', async () => {
    const name = 'login.microsoftonline.com';
    const entra = await startFalseProvider(ssoClient.clientId, {
      issuer: `https://${name}/x`,
      tls: authority.issue(name),
    });
    const document = () => ({
      body: {
        issuer: `https://${name}/{tenantid}/v2.0`,
        ...Object.fromEntries(
          ['authorization_endpoint', 'token_endpoint', 'jwks_uri'].map((key) => [key, `https://${name}/${key}`]),
        ),
        id_token_signing_alg_values_supported: ['RS256'],
      },
    });
    entra.manipulate({ answers: { '/common/v2.0/.well-known/openid-configuration': document } });
    const proxy = await startForwardProxy({ hosts: { [`${name}:443`]: entra.port } });
    onTestFinished(async () => {
      await proxy.stop();
      await entra.stop();
    });
    const daemon = await startDaemon({
      TOKENSD_OIDC_ISSUER: `https://${name}/common/v2.0`,
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    });
    const line = await eventually(() => linesOf(daemon).find(({ check }) => check === 'sso issuer'), 'the warning');
    expect(line).toMatchObject({ level: 'warn', setting: 'TOKENSD_OIDC_ISSUER' });
    expect(line.msg).toContain('people of every Microsoft tenant');
  });
});

interface Line {
  level: string;
  msg: string;
  setting?: string;
  check?: string;
}

function linesOf(daemon: Daemon): Line[] {
  const complete = daemon.stderr().split('\n').slice(0, -1);
  return complete.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);
}

function errorsOf(daemon: Daemon): Line[] {
  return linesOf(daemon).filter(({ level }) => level === 'error');
}
