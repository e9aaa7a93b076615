import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../helpers/daemon/process.ts';
import {
  type Container,
  type ContainerOptions,
  type Network,
  openNetwork,
  runContainer,
  startContainer,
} from '../../helpers/packages/container.ts';
import type { Image } from '../../helpers/packages/image.ts';
import { newVolume } from '../../helpers/packages/volume.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const password = 'correct horse battery staple';

/** Describes what a container runtime runs: the Containerfile's own user, command, variables and health check. */
export function describeImage(imageOf: () => Image): void {
  describe('the image', () => {
    let network: Network;
    let volume: string;
    let daemon: Container;
    let token: string;
    beforeAll(async () => {
      network = await openNetwork();
      volume = await newVolume(0o700);
    });
    afterAll(async () => {
      await daemon?.stop('SIGKILL');
      await network?.remove();
      await rm(volume, { recursive: true, force: true });
    });

    const optionsOf = (more: Partial<ContainerOptions> = {}): ContainerOptions => {
      const { path, config } = imageOf();
      const [uid, gid] = config.user.split(':').map(Number) as [number, number];
      const { env, workdir, entrypoint, command } = config;
      const mounts = [{ source: volume, target: config.volumes[0] ?? '' }];
      const options = { root: path, command: [...entrypoint, ...command], env, workdir, uid, gid, mounts, network };
      return { ...options, tmpfs: ['/tmp'], readOnly: true, ...more };
    };
    const run = (words: string[], input?: string) => {
      const [program = ''] = imageOf().config.entrypoint;
      return runContainer(optionsOf({ command: [program, ...words] }), input);
    };
    const start = async () => {
      daemon = startContainer(optionsOf());
      await eventually(() => daemon.output().includes('"msg":"listening"'), 'the daemon to listen', 60_000);
    };
    const checkHealth = () => daemon.exec(imageOf().config.healthcheck);
    const verify = async (value: string) => {
      const [port] = imageOf().config.ports;
      const url = `http://127.0.0.1:${port}/verify/forward-auth`;
      const header = `Authorization: Bearer ${value}`;
      const { stdout } = await network.run(
        ['curl', '--silent', '--output', '/dev/null', '--write-out', '%{http_code}', '--header', '@-', url],
        header,
      );
      return Number(stdout);
    };

    it('says who runs it, and when it is ready', async () => {
      const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
      const { user, volumes, stopSignal, labels } = imageOf().config;
      expect({ user, volumes, stopSignal }).toEqual({ user: '10001:10001', volumes: ['/data'], stopSignal: 'SIGTERM' });
      expect(labels['org.opencontainers.image.version']).toBe(version);
      // Nothing listens yet.
      const { healthcheck } = imageOf().config;
      expect(await runContainer(optionsOf({ command: healthcheck }))).toMatchObject({ code: 1, stdout: '' });
    });

    it('contains the built programs and their packages, but no sources and no settings', async () => {
      const { path } = imageOf();
      const names = await readdir(join(path, 'opt/tokens'));
      expect(names.sort()).toEqual(['LICENSE', 'LICENSES', 'bin', 'dist', 'node_modules', 'package.json']);
      const licenses = await readFile(join(path, 'opt/tokens/LICENSES'), 'utf8');
      for (const text of ['Node.js is licensed for use as follows', '\nhono ', '\nsqlite3 '])
        expect(licenses).toContain(text);
      const packages = await readdir(join(path, 'opt/tokens/node_modules'));
      expect(packages).toContain('sqlite3');
      for (const name of ['vitest', 'typescript', 'esbuild', 'keytar']) expect(packages).not.toContain(name);
      expect(await readdir(join(path, 'data'))).toEqual([]);
      for (const program of ['tokens', 'tokensd']) {
        const printed = await runContainer(optionsOf({ command: [program, '--version'] }));
        expect(printed).toMatchObject({ code: 0, stderr: '' });
      }
    });

    it('gives its user nothing to change but /data and the directory of the sockets', async () => {
      const search = 'find / -xdev ! -type l ( -user 10001 -o -group 10001 -o -perm -0002 )';
      const found = await runContainer(
        optionsOf({
          command: search.split(' '),
          uid: 0,
          gid: 0,
          mounts: [],
          tmpfs: [],
          capabilities: ['dac_override'],
        }),
      );
      const paths = found.stdout.trim().split('\n');
      const usual = /^\/(?:dev|proc|tmp|run\/lock|var\/tmp)(?:\/|$)/;
      expect(paths.filter((path) => !usual.test(path)).sort()).toEqual(['/data', '/run/tokensd']);
    });

    it('runs the daemon as process 1 without any right, on a file system that it cannot change', async () => {
      await start();
      expect(await checkHealth()).toMatchObject({ code: 0 });
      const status = (await daemon.exec(['cat', '/proc/1/status'])).stdout;
      const fieldOf = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
      expect((await daemon.exec(['readlink', '/proc/1/exe'])).stdout).toBe('/usr/local/bin/node\n');
      expect(fieldOf('Uid')?.split('\t')).toEqual(Array(4).fill('10001'));
      expect(fieldOf('Gid')?.split('\t')).toEqual(Array(4).fill('10001'));
      expect([fieldOf('CapBnd'), fieldOf('CapEff')]).toEqual(Array(2).fill('0'.repeat(16)));
      // It starts no process, so that it has none to reap.
      expect((await daemon.exec(['cat', '/proc/1/task/1/children'])).stdout).toBe('');
      const written = await daemon.exec(['touch', '/run/tokensd/x', '/opt/tokens/x', '/x']);
      expect(written.stderr.match(/Read-only file system/g)).toHaveLength(3);
    });

    it('takes the first superuser and a token from commands beside the daemon, and keeps no session in the volume', async () => {
      const init = ['tokensd', 'init', '--email', 'root@example.com', '--name', 'Root', '--password-stdin'];
      expect(await daemon.exec(init, password)).toMatchObject({ code: 0 });
      const login = ['tokens', 'login', 'http://localhost:8420', '--email', 'root@example.com', '--password-stdin'];
      expect(await daemon.exec(login, password)).toMatchObject({ code: 0 });
      const created = await daemon.exec(['tokens', 'create', 'ci', '--expires', '90d']);
      expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^tok_\w+\n$/) });
      token = created.stdout.trim();
      expect([await verify(token), await verify('nonsense')]).toEqual([200, 401]);
      const names = (await readdir(volume)).filter((name) => !name.startsWith('tokens.db'));
      expect(names.filter((name) => name !== 'mail')).toEqual([]);
    });

    it('stops on SIGTERM with code 0, and starts again with its data', async () => {
      expect(await daemon.stop(imageOf().config.stopSignal as NodeJS.Signals)).toBe(0);
      expect(daemon.output()).toContain('"msg":"stopped"');
      await start();
      expect(await verify(token)).toBe(200);
    });

    it('ends a command on SIGTERM before the daemon runs, although it is process 1', async () => {
      const command = ['tokensd', 'init', '--email', 'ada@example.com', '--name', 'Ada', '--password-stdin'];
      // Waits for the password.
      const waiting = startContainer(optionsOf({ command }));
      onTestFinished(async () => void (await waiting.stop('SIGKILL').catch(() => null)));
      let code: number | null | undefined;
      const signal = () => {
        void waiting.stop().then(
          (result) => {
            code = result;
          },
          () => {},
        );
        return code !== undefined;
      };
      await eventually(signal, 'tokensd init to end', 60_000);
      expect(code).toBe(143);
    });

    it('backs up into the volume while the daemon runs, and restores when it is stopped', async () => {
      expect(await daemon.exec(['tokensd', 'backup', '/data/before.db'])).toMatchObject({ code: 0 });
      expect(
        await daemon.exec(
          ['tokens', 'login', 'http://localhost:8420', '--email', 'root@example.com', '--password-stdin'],
          password,
        ),
      ).toMatchObject({ code: 0 });
      expect(await daemon.exec(['tokens', 'revoke', 'ci', '--yes'])).toMatchObject({ code: 0 });
      expect(await daemon.stop()).toBe(0);
      expect(await run(['restore', '/data/before.db'])).toMatchObject({ code: 0 });
      await start();
      // What was revoked after the backup stays revoked.
      expect(await verify(token)).toBe(401);
      expect(await checkHealth()).toMatchObject({ code: 0 });
    });

    it('says what to correct if /data belongs to another user', async () => {
      const foreign = await newVolume(0o700, [0, 0]);
      try {
        const mounts = [{ source: foreign, target: '/data' }];
        const { code, stderr } = await runContainer(optionsOf({ mounts }));
        expect([code, stderr.trim()]).toEqual([
          1,
          expect.stringContaining('/data/tokens.db (EACCES). Check the path and its permissions.'),
        ]);
      } finally {
        await rm(foreign, { recursive: true });
      }
    });
  });
}
