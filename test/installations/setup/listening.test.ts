import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { consoleProxies } from '../../helpers/console/console-proxies.ts';
import { signIn, verify } from '../../helpers/daemon/api.ts';
import { freePort, superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { eventually, runProgram } from '../../helpers/daemon/process.ts';
import { startActivated } from '../../helpers/daemon/socket-activation.ts';
import { hasIpv6, hasRealParts } from '../../helpers/peers/real-parts.ts';

const { newDataDir, emptyDataDir, start, cleanUp } = useDaemons();
const publicUrl = 'https://tokens.example.com';

/** Sends a GET request to a Unix socket and returns its status. */
function statusAt(socketPath: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.once('error', reject).end();
  });
}

const healthy = (env: Record<string, string>) => runProgram('tokensd', ['healthy'], { env });

/** The lines of the shipped configurations that name the address of the daemon, and what replaces them. */
const edits: Record<string, (socket: string) => [string, string]> = {
  nginx: (socket) => ['server 127.0.0.1:8420;', `server unix:${socket};`],
  Caddy: (socket) => ['reverse_proxy 127.0.0.1:8420', `reverse_proxy unix/${socket}`],
};

describe('TOKENSD_LISTEN as a Unix socket', () => {
  it.each(consoleProxies.filter(({ skip }) => !skip))(
    'serves the console and the API behind $name, which is trusted for the address of the client',
    async ({ name, start: startProxy }) => {
      const dataDir = await newDataDir();
      const socket = join(dataDir, 'tokensd.sock');
      const env = { TOKENSD_LISTEN: `unix:${socket}`, TOKENSD_PUBLIC_URL: publicUrl, TOKENSD_TRUSTED_PROXIES: '' };
      const daemon = await start(dataDir, env);
      expect(daemon.url).toBe(`unix:${socket}`);
      expect((statSync(socket).mode & 0o777).toString(8)).toBe('660');
      const [shipped, edited] = edits[name]?.(socket) ?? ['', ''];
      const site = await startProxy(1, (text) => text.replace(shipped, edited));
      cleanUp(site.stop);

      expect((await site.send('/login')).body).toContain('Sign in');
      const json = ['Content-Type', 'application/json'] as const;
      const forged = ['X-Forwarded-For', '203.0.113.77'] as const;
      const post = (password: string) =>
        site.send('/api/v1/sessions', {
          method: 'POST',
          body: JSON.stringify({ email: superuser.email, password }),
          headers: [json, forged],
        });
      expect((await post('wrong')).status).toBe(401);
      const session = JSON.parse((await post(superuser.password)).body);
      const headers = [['Authorization', `Bearer ${session.secret}`]] as const;
      const { items } = JSON.parse((await site.send('/api/v1/audit?action=session.failed', { headers })).body);
      expect(items.map(({ ip }: { ip: string }) => ip)).toEqual(['127.0.0.1']);
      expect((await site.send('/metrics')).status).toBe(404);

      expect(await healthy(env)).toMatchObject({ code: 0, stdout: `tokensd is ready at unix:${socket}.\n` });
      expect(await daemon.stop()).toBe(0);
      expect(existsSync(socket)).toBe(false);
      expect(await healthy(env)).toMatchObject({ code: 1, stderr: expect.stringContaining('no answer (ENOENT)') });
    },
  );

  it.skipIf(!hasRealParts('root', 'setpriv'))('lets no user outside its group connect', async () => {
    const [dataDir, directory] = [await newDataDir(), await emptyDataDir()];
    await chmod(directory, 0o755);
    const socket = join(directory, 'tokensd.sock');
    await start(dataDir, { TOKENSD_LISTEN: `unix:${socket}`, TOKENSD_PUBLIC_URL: publicUrl });
    const script = `require('node:net').connect(process.argv[1]).once('error', ({ code }) => console.log(code)).once('connect', () => process.exit(3))`;
    const connectAs = (group: string) => {
      const user = ['--reuid=65534', `--regid=${group}`, '--clear-groups'];
      return spawnSync('setpriv', [...user, process.execPath, '-e', script, socket], { encoding: 'utf8' });
    };
    expect(connectAs('65534').stdout).toBe('EACCES\n');
    expect(connectAs('0').status).toBe(3);
  });

  it('takes the place of the socket of a killed daemon, and of no other', async () => {
    const dataDir = await newDataDir();
    const socket = join(dataDir, 'tokensd.sock');
    const env = { TOKENSD_LISTEN: `unix:${socket}`, TOKENSD_PUBLIC_URL: publicUrl };
    const killed = await start(dataDir, env);
    await killed.stop('SIGKILL');
    expect(existsSync(socket)).toBe(true);
    await start(dataDir, env);
    expect(await statusAt(socket, '/readyz')).toBe(200);
    const other = await runProgram('tokensd', ['serve'], { env: { ...env, TOKENSD_DATA_DIR: await newDataDir() } });
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('another program uses this socket') });
    expect(await statusAt(socket, '/readyz')).toBe(200);
  });
});

const ipv6 = [
  ['[::1]', '[::1]'],
  ['[::]', '[::1]'],
] as const;
const ipv4 = [
  ['*', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
] as const;

it.each(hasIpv6() ? [...ipv6, ...ipv4] : ipv4)(
  'listens at %s, and is found there by `tokensd healthy`',
  async (host, reached) => {
    const port = await freePort();
    const env = { TOKENSD_LISTEN: `${host}:${port}` };
    const daemon = await start(await newDataDir(), env);
    const address = `http://${reached}:${port}`;
    const { token } = await (await signIn(address, superuser)).createToken('ci');
    expect((await verify(address, token)).status).toBe(200);
    expect(await healthy(env)).toMatchObject({ code: 0, stdout: `tokensd is ready at ${address}.\n` });
    await daemon.stop();
    expect(await healthy(env)).toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') });
  },
);

describe.skipIf(!hasRealParts('systemd-socket-activate'))('a socket that systemd passes', () => {
  it('takes the place of TOKENSD_LISTEN, and serves the client that started the daemon', async () => {
    const [port, unused] = [await freePort(), await freePort()];
    const address = `http://127.0.0.1:${port}`;
    const env = { TOKENSD_DATA_DIR: await newDataDir(), TOKENSD_LISTEN: `127.0.0.1:${unused}` };
    const daemon = await startActivated([`127.0.0.1:${port}`], { ...env, TOKENSD_PUBLIC_URL: address });
    onTestFinished(async () => void (await daemon.stop()));
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
    expect(daemon.stderr()).toContain(
      '"setting":"TOKENSD_LISTEN","fd":3,"msg":"systemd passed a socket, which takes the place of this setting"',
    );
    await eventually(() => daemon.stderr().includes(`"url":"${address}"`), 'the daemon to log its address');
    await expect(fetch(`http://127.0.0.1:${unused}/readyz`)).rejects.toThrow();
    const { token } = await (await signIn(address, superuser)).createToken('ci');
    expect((await verify(address, token)).status).toBe(200);
    expect(await daemon.stop()).toBe(0);
    expect(daemon.stderr()).toContain('"msg":"stopped"');
  });

  it('may be a Unix socket, whose peers are trusted proxies, and a second one for the internal listener', async () => {
    const dataDir = await newDataDir();
    const [socket, internal] = [join(dataDir, 'tokensd.sock'), join(dataDir, 'internal.sock')];
    const env = {
      TOKENSD_DATA_DIR: dataDir,
      TOKENSD_PUBLIC_URL: publicUrl,
      TOKENSD_TRUSTED_PROXIES: '',
      TOKENSD_LOG_LEVEL: 'debug',
    };
    const daemon = await startActivated([socket, internal], env, ['tokensd', 'internal']);
    onTestFinished(async () => void (await daemon.stop()));
    expect(await statusAt(internal, '/metrics')).toBe(200);
    expect(await statusAt(internal, '/login')).toBe(404);
    expect(await statusAt(internal, '/verify/auth-request')).toBe(401);
    expect(await statusAt(socket, '/metrics')).toBe(404);
    expect(await statusAt(socket, '/login', { 'X-Forwarded-For': '203.0.113.9', 'X-Request-Id': 'of-a-proxy' })).toBe(
      200,
    );
    await eventually(() => daemon.stderr().includes('"request_id":"of-a-proxy"'), 'the ID that a trusted proxy sent');
    expect(await healthy({ ...env, TOKENSD_LISTEN: `unix:${socket}` })).toMatchObject({ code: 0 });
    expect(await daemon.stop()).toBe(0);
    expect([existsSync(socket), existsSync(internal)], 'systemd owns the sockets').toEqual([true, true]);
  });

  it('must not be one of several for the same listener', async () => {
    const [first, second] = [await freePort(), await freePort()];
    const env = { TOKENSD_DATA_DIR: await newDataDir() };
    const daemon = await startActivated([`127.0.0.1:${first}`, `127.0.0.1:${second}`], env);
    await fetch(`http://127.0.0.1:${first}/`).catch(() => {});
    expect(await daemon.stop()).toBe(2);
    expect(daemon.stderr()).toContain('systemd passed 2 sockets.');
  });

  it('is not taken from a process that passed its environment on', async () => {
    const env = { LISTEN_FDS: '1', LISTEN_PID: '1' };
    const daemon = await start(await newDataDir(), env);
    expect((await fetch(`${daemon.url}/readyz`)).status).toBe(200);
    expect(daemon.stderr()).not.toContain('systemd passed');
  });
});
