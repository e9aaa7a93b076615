import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consoleProxies, type RunningConsole } from '../../helpers/console/console-proxies.ts';
import { eventually } from '../../helpers/daemon/process.ts';
import { type Container, openNetwork, startContainer } from '../../helpers/packages/container.ts';
import type { Image } from '../../helpers/packages/image.ts';
import { newVolume } from '../../helpers/packages/volume.ts';

const password = 'correct horse battery staple';
const nginx = consoleProxies.find(({ name }) => name === 'nginx');

/** Describes `docker run` behind nginx on the same machine, with sockets in a directory that both have. */
export function describeSockets(imageOf: () => Image): void {
  describe('a container behind nginx on the same machine', () => {
    let directories: { data: string; sockets: string };
    let network: Awaited<ReturnType<typeof openNetwork>>;
    let daemon: Container;
    let proxy: RunningConsole;
    beforeAll(async () => {
      directories = { data: await newVolume(0o700), sockets: await newVolume(0o750) };
      network = await openNetwork();
      const { path, config } = imageOf();
      const [uid, gid] = config.user.split(':').map(Number) as [number, number];
      const env = {
        ...config.env,
        TOKENSD_PUBLIC_URL: 'https://tokens.example.com',
        TOKENSD_LISTEN: 'unix:/run/tokensd/console.sock',
        TOKENSD_INTERNAL_LISTEN: 'unix:/run/tokensd/internal.sock',
      };
      const mounts = [
        { source: directories.data, target: '/data' },
        { source: directories.sockets, target: '/run/tokensd' },
      ];
      const command = [...config.entrypoint, ...config.command];
      const options = { root: path, command, env, workdir: config.workdir, uid, gid, mounts, network, tmpfs: ['/tmp'] };
      daemon = startContainer({ ...options, readOnly: true });
      await eventually(async () => (await daemon.exec(config.healthcheck)).code === 0, 'tokensd to be healthy', 60_000);
      const socket = join(directories.sockets, 'console.sock');
      proxy = (await nginx?.start(0, (text) =>
        text.replace(/^ {2}server 127\.0\.0\.1:8420;$/m, `  server unix:${socket};`),
      )) as RunningConsole;
    });
    afterAll(async () => {
      await proxy?.stop();
      await daemon?.stop('SIGKILL');
      await network?.remove();
      for (const path of Object.values(directories ?? {})) await rm(path, { recursive: true, force: true });
    });

    it('records the address of a client, whatever address the client names', async () => {
      const init = ['tokensd', 'init', '--email', 'root@example.com', '--name', 'Root', '--password-stdin'];
      expect(await daemon.exec(init, password)).toMatchObject({ code: 0 });
      const headers: [string, string][] = [
        ['Content-Type', 'application/json'],
        ['X-Forwarded-For', '203.0.113.77'],
      ];
      const body = JSON.stringify({ email: 'root@example.com', password });
      const { status, body: text } = await proxy.send('/api/v1/sessions', { method: 'POST', headers, body });
      expect(status).toBe(201);
      const authorization: [string, string] = ['Authorization', `Bearer ${JSON.parse(text).secret}`];
      const audit = await proxy.send('/api/v1/audit', { headers: [authorization] });
      expect([audit.status, audit.body]).toEqual([200, expect.stringContaining('127.0.0.1')]);
      expect(audit.body).not.toContain('203.0.113.77');
    });

    it('lets the group of the sockets connect, and no other user', async () => {
      const ask = (group: number) => {
        const user = ['setpriv', '--reuid=65534', '--regid=65534', `--groups=${group}`];
        const url = ['--unix-socket', join(directories.sockets, 'internal.sock'), 'http://tokensd/verify/forward-auth'];
        return network.run([
          ...user,
          'curl',
          '--silent',
          '--output',
          '/dev/null',
          '--write-out',
          '%{http_code}',
          ...url,
        ]);
      };
      expect((await ask(10001)).stdout).toBe('401');
      expect((await ask(65_534)).stdout).toBe('000');
    });
  });
}
