import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../helpers/app/http.ts';
import { ssoClient } from '../../helpers/app/sso.ts';
import { type Daemon, freePort, useDaemons } from '../../helpers/daemon/daemon.ts';
import { eventually, runProgram } from '../../helpers/daemon/process.ts';
import { signInBySso, visit } from '../../helpers/daemon/sso.ts';
import { startIdentityProvider } from '../../helpers/peers/identity-provider.ts';

const daemons = useDaemons();

/** Starts a real provider at which the client is registered like this, and returns the settings of a daemon for it. */
async function startProvider(registration: Parameters<typeof startIdentityProvider>[1] = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const provider = await startIdentityProvider(url, registration);
  daemons.cleanUp(provider.stop);
  const env = {
    TOKENSD_LISTEN: `127.0.0.1:${port}`,
    TOKENSD_PUBLIC_URL: url,
    TOKENSD_OIDC_ISSUER: provider.issuer,
    TOKENSD_OIDC_CLIENT_ID: ssoClient.clientId,
    TOKENSD_OIDC_CLIENT_SECRET: ssoClient.clientSecret,
  };
  const start = async (changes: Record<string, string> = {}) =>
    daemons.start(await daemons.newDataDir(), { ...env, ...changes });
  return { url, provider, env, start };
}

interface Line {
  level: string;
  msg: string;
  setting?: string;
  check?: string;
}

function linesOf(daemon: Daemon): Line[] {
  const complete = daemon.stderr().split('\n').slice(0, -1);
  return complete.map((line) => JSON.parse(line) as Line).filter(({ level }) => level === 'error' || level === 'warn');
}

it.each([[{}], [{ TOKENSD_OIDC_CLIENT_AUTH: 'basic' }], [{ TOKENSD_OIDC_CLIENT_AUTH: 'post' }]])(
  'signs people in at oidc-provider with %o',
  async (changes) => {
    const { url, provider, start } = await startProvider();
    const daemon = await start(changes);
    expect((await signInBySso(url, provider)).status).toBe(303);
    expect(linesOf(daemon)).toEqual([]);
  },
);

describe('the check at start', () => {
  it('finds nothing wrong with a correct set-up', async () => {
    const { provider, env, start } = await startProvider();
    const checked = await runProgram('tokensd', ['check'], {
      env: { ...env, TOKENSD_DATA_DIR: await daemons.newDataDir() },
    });
    const lines = checked.stdout.split('\n').filter((line) => /^\w+ +sso /.test(line));
    expect(lines.length).toBeGreaterThanOrEqual(7);
    expect(lines.filter((line) => !line.startsWith('ok'))).toEqual([]);
    expect(checked.stdout).toContain(`The issuer is ${provider.issuer}.`);
    const daemon = await start();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(linesOf(daemon)).toEqual([]);
  });

  it.each([
    ['a wrong secret', { TOKENSD_OIDC_CLIENT_SECRET: 'another' }, 'TOKENSD_OIDC_CLIENT_SECRET', /"invalid_client"/],
    ['a wrong client ID', { TOKENSD_OIDC_CLIENT_ID: 'another' }, 'TOKENSD_OIDC_CLIENT_SECRET', /client another/],
    ['no secret', { TOKENSD_OIDC_CLIENT_SECRET: '' }, 'TOKENSD_OIDC_CLIENT_SECRET', /Set TOKENSD_OIDC_CLIENT_SECRET/],
  ])('logs %s at error before anybody signs in, and tokensd check fails', async (_what, changes, setting, message) => {
    const { env, start } = await startProvider();
    const daemon = await start(changes);
    const line = await eventually(() => linesOf(daemon)[0], 'the log line');
    expect(line).toMatchObject({ level: 'error', check: 'sso client', setting });
    expect(line.msg).toMatch(message);
    const checked = await runProgram('tokensd', ['check'], {
      env: { ...env, ...changes, TOKENSD_DATA_DIR: daemon.dataDir },
    });
    expect(checked.code).toBe(1);
    expect(checked.stdout).toMatch(/^failed +sso client +/m);
  });

  it('logs an issuer with another path at error, with both issuers', async () => {
    const { env, provider, start } = await startProvider();
    const port = await freePort();
    const { createServer: createWeb } = await import('node:http');
    // A reverse proxy that serves the provider under another path, as in front of many Keycloaks.
    const web = createWeb(async (_req, res) => {
      const document = await fetch(`${provider.issuer}/.well-known/openid-configuration`);
      res.setHeader('Content-Type', 'application/json').end(await document.text());
    });
    await listen(web, port);
    onTestFinished(() => void web.close());
    const configured = `http://127.0.0.1:${port}/auth`;
    const daemon = await start({ ...env, TOKENSD_OIDC_ISSUER: configured });
    const line = await eventually(() => linesOf(daemon)[0], 'the log line');
    expect(line).toMatchObject({ level: 'error', setting: 'TOKENSD_OIDC_ISSUER' });
    expect(line.msg).toContain(
      `TOKENSD_OIDC_ISSUER is ${configured}, but the provider there calls itself ${provider.issuer}.`,
    );
  });

  it('neither delays nor stops the start if the provider stays silent, and passwords keep working', async () => {
    const silent = createServer();
    const port = await listen(silent as never);
    onTestFinished(() => void silent.close());
    const { url, start } = await startProvider();
    const started = performance.now();
    const daemon = await start({ TOKENSD_OIDC_ISSUER: `http://127.0.0.1:${port}` });
    expect(daemon.stderr()).not.toContain('did not respond');
    const line = await eventually(() => linesOf(daemon)[0], 'the warning');
    expect(performance.now() - started).toBeGreaterThan(4_500);
    expect(line).toMatchObject({ level: 'warn', check: 'sso discovery' });
    expect(line.msg).toContain('did not respond in time');
    const { status, html } = await visit(url, '/login/sso');
    expect(status).toBe(503);
    expect(html).toContain('name="password"');
  });
});

it('names asymmetric signing for a client that is registered at oidc-provider for HS256', async () => {
  const { url, provider, start } = await startProvider({ id_token_signed_response_alg: 'HS256' });
  const daemon = await start();
  expect((await signInBySso(url, provider)).status).toBe(500);
  expect(linesOf(daemon).at(-1)?.msg).toContain('an asymmetric one, such as RS256 (id_token_signed_response_alg)');
});
