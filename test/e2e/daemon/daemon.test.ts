import { rm, symlink } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signIn, verify } from '../../helpers/daemon/api.ts';
import { freePort, superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { eventually, runProgram } from '../../helpers/daemon/process.ts';

const { cleanUp, newDataDir, emptyDataDir, start } = useDaemons();

describe('tokensd serve', () => {
  it('rejects a second daemon on the same file, also through a symlink, until the first one is killed', async () => {
    const dataDir = await newDataDir();
    const first = await start(dataDir);
    const alias = `${dataDir}-alias`;
    await symlink(dataDir, alias);
    cleanUp(() => rm(alias));
    const serve = (directory: string) =>
      runProgram('tokensd', ['serve'], { env: { TOKENSD_DATA_DIR: directory, TOKENSD_LISTEN: '127.0.0.1:0' } });
    for (const second of await Promise.all([dataDir, alias].map(serve))) {
      expect(second).toMatchObject({ code: 1, stdout: '' });
      expect(second.stderr).toContain('tokens.db.lock');
    }
    await first.stop('SIGKILL');
    const third = await start(dataDir);
    expect((await fetch(`${third.url}/readyz`)).status).toBe(200);
  });

  it('keeps every acknowledged change and rejects revoked tokens after kill -9', async () => {
    const dataDir = await newDataDir();
    const first = await start(dataDir);
    const root = await signIn(first.url, superuser);
    const active = await root.createToken('active');
    const revoked = await root.createToken('revoked');
    expect((await root.request('DELETE', `/tokens/${revoked.id}`)).status).toBe(204);
    await first.stop('SIGKILL');
    const second = await start(dataDir);
    expect((await verify(second.url, active.token)).status).toBe(200);
    const rejected = await verify(second.url, revoked.token);
    expect([rejected.status, rejected.headers.get('x-tokens-reason')]).toEqual([401, 'revoked']);
  });

  it('saves the last uses on SIGTERM and exits 0', async () => {
    const dataDir = await newDataDir();
    const first = await start(dataDir);
    const root = await signIn(first.url, superuser);
    const { id, token } = await root.createToken('ci');
    await verify(first.url, token, {
      'X-Forwarded-Method': 'PUT',
      'X-Forwarded-Uri': '/deploy/7?x=1',
      'X-Forwarded-For': '203.0.113.9',
    });
    expect(await first.stop('SIGTERM')).toBe(0);
    const second = await start(dataDir);
    const signedInAgain = await signIn(second.url, superuser);
    const saved = (await (await signedInAgain.request('GET', `/tokens/${id}`)).json()) as { last_used: unknown };
    expect(saved.last_used).toMatchObject({ method: 'PUT', path: '/deploy/7', ip: '203.0.113.9', user_agent: 'node' });
  });

  it('finishes requests in flight before it stops', async () => {
    const daemon = await start(await newDataDir());
    const body = JSON.stringify(superuser);
    const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
    const pending = request(`${daemon.url}/api/v1/sessions`, { method: 'POST', headers });
    const status = new Promise((resolve, reject) => {
      pending.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
    pending.write(body.slice(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stopped = daemon.stop('SIGTERM');
    await eventually(() => daemon.stderr().includes('"msg":"stopping"'), 'the daemon to start stopping');
    pending.end(body.slice(10));
    expect(await status).toBe(201);
    expect(await stopped).toBe(0);
  });

  it('prints the command that creates the first superuser if there is no member', async () => {
    const dataDir = await emptyDataDir();
    const daemon = await start(dataDir);
    expect(daemon.stderr()).toContain('node bin/tokensd.js init --email EMAIL');
  });

  it('reports that its port is in use', async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    cleanUp(() => new Promise((resolve) => other.close(resolve)));
    const result = await runProgram('tokensd', ['serve'], {
      env: { TOKENSD_DATA_DIR: await newDataDir(), TOKENSD_LISTEN: `127.0.0.1:${port}` },
    });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(
      `Cannot listen on 127.0.0.1:${port}: another program uses this port. Set TOKENSD_LISTEN to a free address and port.`,
    );
    expect(result.stderr).not.toContain('"level":"error"');
  });

  it('responds with 431 to headers over 64 KiB and keeps serving', async () => {
    const daemon = await start(await newDataDir());
    const status = await new Promise((resolve, reject) => {
      const long = request(`${daemon.url}/verify/forward-auth`, { headers: { 'X-Long': 'x'.repeat(70 * 1024) } });
      long.on('response', (response) => resolve(response.statusCode)).on('error', reject);
      long.end();
    });
    expect(status).toBe(431);
    expect((await fetch(`${daemon.url}/healthz`)).status).toBe(200);
  });

  it('creates files that only its own account can read', async () => {
    const dataDir = await newDataDir();
    await start(dataDir);
    const { stat, readdir } = await import('node:fs/promises');
    const modes = await Promise.all(
      ['.', ...(await readdir(dataDir))].map(async (name) => (await stat(join(dataDir, name))).mode & 0o077),
    );
    expect(modes.every((mode) => mode === 0)).toBe(true);
  });
});
