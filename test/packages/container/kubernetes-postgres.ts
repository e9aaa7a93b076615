import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/daemon/process.ts';
import { type Container, type Network, openNetwork, startContainer } from '../../helpers/packages/container.ts';
import type { Image } from '../../helpers/packages/image.ts';
import { readManifest } from '../../helpers/packages/manifests.ts';
import { newClaim, podOptions, writeSecret } from '../../helpers/packages/pod.ts';
import { startPostgres, type TestPostgres } from '../../helpers/peers/postgres.ts';

const password = 'correct horse battery staple';
/** A pod here has a network without a way out, so its daemon uses the socket of the server. */
const sockets = '/run/postgresql';

/** Describes the pods of the Deployment for PostgreSQL, with a server of this machine. */
export function describeKubernetesPostgres(imageOf: () => Image): void {
  describe('examples/kubernetes/postgresql', () => {
    const { spec } = readManifest('postgresql/deployment.yaml', 'Deployment');
    const [container] = spec.template.spec.containers;
    let postgres: TestPostgres;
    let secrets: string;
    let volume: string;
    const pods: Array<{ network: Network; daemon: Container }> = [];

    beforeAll(async () => {
      postgres = await startPostgres('debian');
      await chmod(postgres.directory, 0o755);
      const url = new URL(await postgres.newDatabase());
      const options = { user: url.username, password: url.password, host: sockets, port: String(postgres.port) };
      secrets = await writeSecret(readManifest('postgresql/deployment.yaml', 'Deployment'));
      const text = `postgres://${url.pathname}?${new URLSearchParams(options)}\n`;
      await writeFile(join(secrets, 'database-url'), text, { mode: 0o440 });
      volume = await newClaim();
    });
    afterAll(async () => {
      for (const { daemon, network } of pods) {
        await daemon.stop('SIGKILL');
        await network.remove();
      }
      await postgres?.remove();
      for (const path of [secrets, volume]) if (path) await rm(path, { recursive: true, force: true });
    });

    const startPod = async () => {
      const network = await openNetwork();
      const options = podOptions(spec.template, { image: imageOf(), network, secrets, volume });
      const mounts = [...(options.mounts ?? []), { source: postgres.directory, target: sockets }];
      return { network, daemon: startContainer({ ...options, mounts }) };
    };
    const statusOf = async (network: Network, path: string, value = '') => {
      const options = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}'];
      const header = ['--header', `Authorization: Bearer ${value}`];
      return Number((await network.run(['curl', ...options, ...header, `http://127.0.0.1:8421${path}`])).stdout);
    };

    it('starts its pods at once on an empty database', async () => {
      while (pods.length < spec.replicas) pods.push(await startPod());
      for (const { network } of pods) {
        const isReady = async () => (await statusOf(network, container.readinessProbe.httpGet.path)) === 200;
        await eventually(isReady, 'the daemon to be ready', 60_000);
      }
    });

    it('verifies in one pod a token that another created', async () => {
      const [first, second] = pods as [(typeof pods)[0], (typeof pods)[0]];
      const init = ['tokensd', 'init', '--email', 'root@example.com', '--name', 'Root', '--password-stdin'];
      expect(await first.daemon.exec(init, password)).toMatchObject({ code: 0 });
      const settings = await first.daemon.exec(['tokensd', 'config']);
      expect(settings.stdout).toMatch(/TOKENSD_DATABASE_URL.*tokens_1/);
      expect(await second.daemon.exec(init, password)).toMatchObject({ code: 5 });
      const tokens = (words: string[], input?: string) => {
        return first.daemon.exec(['env', 'HOME=/tmp', 'tokens', ...words], input);
      };
      const login = ['login', 'http://localhost:8420', '--email', 'root@example.com', '--password-stdin'];
      expect(await tokens(login, password)).toMatchObject({ code: 0 });
      const { stdout } = await tokens(['create', 'ci', '--expires', '90d']);
      expect(await statusOf(second.network, '/verify/forward-auth')).toBe(401);
      expect(await statusOf(second.network, '/verify/forward-auth', stdout.trim())).toBe(200);
    });

    it('stops in time', async () => {
      for (const { daemon } of pods) {
        expect(await daemon.stop()).toBe(0);
        expect(daemon.output()).not.toContain('"level":"error"');
      }
    });
  });
}
