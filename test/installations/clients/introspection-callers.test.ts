import { type ChildProcess, spawn } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';
import { freePort } from '../../helpers/daemon/daemon.ts';
import { bareEnvironment, eventually } from '../../helpers/daemon/process.ts';
import { createClientHome } from '../../helpers/gate/client-programs.ts';
import { recipe } from '../../helpers/gate/recipes.ts';
import { startTestApi } from '../../helpers/gate/test-api.ts';
import { hasRealParts, searchPath } from '../../helpers/peers/real-parts.ts';
import { startTlsProxy } from '../../helpers/peers/tls-proxy.ts';

const fixture = join(import.meta.dirname, '..', '..', 'fixtures', 'introspection', 'django_server.py');

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Starts a program that is stopped after the test, and waits until it responds on the port. */
async function startServer(command: string, args: string[], port: number): Promise<string> {
  const child: ChildProcess = spawn(command, args, { env: bareEnvironment({ PATH: searchPath() }) });
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  cleanups.push(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  const url = `http://127.0.0.1:${port}/`;
  const respond = () => {
    if (child.exitCode !== null) throw new Error(output);
    return fetch(url).catch(() => null);
  };
  await eventually(respond, command, 60_000);
  return url;
}

async function openDaemon() {
  const daemon = await startTestServer();
  cleanups.push(daemon.stop);
  const client = await addClient(daemon, 'api');
  const fill = (text: string, url: string) =>
    text
      .replace('https://tokens.example.com', url)
      .replace('CLIENT_ID', client.client_id)
      .replace('CLIENT_SECRET', client.client_secret);
  return { daemon, fill };
}

/** Expects that a token is accepted twice, and rejected by the request after its revocation. */
async function expectRevocationAtOnce(daemon: TestServer, url: string, accepted: RegExp): Promise<void> {
  // The clock of the test daemon is behind.
  for (const expiresIn of [undefined, 8_640_000]) {
    const { token, value } = await daemon.issue(`for ${expiresIn}`, expiresIn === undefined ? {} : { expiresIn });
    const ask = () => fetch(url, { headers: { Authorization: `Bearer ${value}` } });
    for (let i = 0; i < 2; i += 1) {
      const response = await ask();
      expect([response.status, await response.text()]).toEqual([200, expect.stringMatching(accepted)]);
    }
    const revoked = await daemon.ask(`/api/v1/tokens/${token.id}`, { method: 'DELETE', as: daemon.dev });
    expect(revoked.status).toBe(204);
    expect((await ask()).status).toBeGreaterThanOrEqual(401);
    expect((await ask()).status).toBeLessThanOrEqual(403);
  }
  expect((await fetch(url, { headers: { Authorization: 'Bearer nonsense' } })).status).toBeGreaterThanOrEqual(401);
}

describe('an API whose cache is off, as the documentation recommends', () => {
  it('rejects a revoked token at once with django-oauth-toolkit, and stores no token', async () => {
    if (!hasRealParts('python3')) return;
    const { daemon, fill } = await openDaemon();
    const home = await createClientHome();
    cleanups.push(home.remove);
    await home.write('validator.py', recipe('introspection.md', 'django-validator'));
    const settings = recipe('introspection.md', 'django-settings');
    await home.write('options.py', fill(settings, `http://127.0.0.1:${daemon.port}`));
    const port = await freePort();
    const args = [fixture, home.directory, join(home.directory, 'db.sqlite3'), String(port)];
    const url = await startServer('/usr/bin/python3', args, port);
    await expectRevocationAtOnce(daemon, url, /^dev@example\.com 0$/);
  });

  it('rejects a revoked token at once with mod_auth_openidc, and does not see the token', async () => {
    if (!hasRealParts('apache2', 'nginx', 'openssl')) return;
    const { daemon, fill } = await openDaemon();
    const api = await startTestApi();
    cleanups.push(api.stop);
    const tlsPort = await freePort();
    const tls = await startTlsProxy(tlsPort, `http://127.0.0.1:${daemon.port}`);
    cleanups.push(tls.stop);
    const home = await createClientHome();
    cleanups.push(home.remove);
    const port = await freePort();
    const modules = [
      'mpm_event',
      'authn_core',
      'authz_core',
      'authz_user',
      'headers',
      'proxy',
      'proxy_http',
      'auth_openidc',
    ];
    const config = [
      ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
      `ServerRoot ${home.directory}`,
      'ServerName 127.0.0.1',
      `PidFile ${home.directory}/apache.pid`,
      `ErrorLog ${home.directory}/error.log`,
      'User www-data',
      'Group www-data',
      `Listen 127.0.0.1:${port}`,
      fill(recipe('introspection.md', 'openidc'), `https://localhost:${tlsPort}`),
      // The certificate of this test is self-signed.
      'OIDCOAuthSSLValidateServer Off',
      `ProxyPass "/" "${api.url}/"`,
    ];
    const file = await home.write('apache.conf', `${config.join('\n')}\n`);
    await chmod(home.directory, 0o755);
    const url = await startServer('apache2', ['-f', file, '-D', 'FOREGROUND'], port);
    await expectRevocationAtOnce(daemon, url, /"oidc_claim_username":"dev@example\.com"/);
    expect(JSON.stringify(api.requests)).not.toMatch(/tok_[0-9A-Za-z]{38}/);
  });
});
