import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/daemon/process.ts';
import {
  type Container,
  type ContainerOptions,
  openNetwork,
  runContainer,
  startContainer,
} from '../../helpers/packages/container.ts';
import type { Image } from '../../helpers/packages/image.ts';
import { type Manifest, readManifest } from '../../helpers/packages/manifests.ts';
import { newClaim, type Pod, podOptions, serviceVariables, writeSecret } from '../../helpers/packages/pod.ts';

const password = 'correct horse battery staple';

/** Describes the container of the Deployment: its command, variables, user and volumes, as the manifests say. */
export function describeKubernetes(imageOf: () => Image): void {
  describe('examples/kubernetes', () => {
    const deployment = readManifest('deployment.yaml', 'Deployment');
    const [container] = deployment.spec.template.spec.containers;
    let pod: Pod;
    let daemon: Container;
    beforeAll(async () => {
      const parts = { volume: await newClaim(), secrets: await writeSecret(deployment) };
      pod = { image: imageOf(), network: await openNetwork(), ...parts };
    });
    afterAll(async () => {
      await daemon?.stop('SIGKILL');
      await pod?.network.remove();
      for (const path of [pod?.volume, pod?.secrets]) if (path) await rm(path, { recursive: true, force: true });
    });

    const optionsOf = (more: Partial<ContainerOptions> = {}) => ({
      ...podOptions(deployment.spec.template, pod),
      ...more,
    });
    /** Sends the request of a probe, and returns the status. */
    const probe = async ({ httpGet }: Manifest) => {
      const port = container.ports.find(({ name }: Manifest) => name === httpGet.port).containerPort;
      return request(`http://127.0.0.1:${port}${httpGet.path}`);
    };
    const request = async (url: string) => {
      const options = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}', url];
      return Number((await pod.network.run(['curl', ...options])).stdout);
    };
    const start = async (more?: Partial<ContainerOptions>) => {
      daemon = startContainer(optionsOf(more));
      await eventually(async () => (await probe(container.startupProbe)) === 200, 'the daemon to start', 60_000);
    };

    it('starts with settings from the ConfigMap and a file of the Secret, on a volume of the group', async () => {
      await start();
      expect([await probe(container.livenessProbe), await probe(container.readinessProbe)]).toEqual([200, 200]);
      const settings = await daemon.exec(['tokensd', 'config']);
      expect(settings).toMatchObject({ code: 0, stderr: '' });
      for (const text of ['https://tokens.example.com', 'TOKENSD_SMTP_URL', '/data/tokensd'])
        expect(settings.stdout).toContain(text);
      const [name] = await readdir(pod.volume);
      const { mode, uid } = await stat(join(pod.volume, name ?? ''));
      expect([name, mode & 0o777, uid]).toEqual(['tokensd', 0o700, 10001]);
    });

    it('closes what only Envoy and Prometheus may ask at the port of the console', async () => {
      for (const path of ['/verify/forward-auth', '/metrics'])
        expect(await request(`http://127.0.0.1:8420${path}`)).toBe(404);
      expect(await request('http://127.0.0.1:8421/verify/apps/grafana/ext-authz')).toBe(401);
      expect(await request('http://127.0.0.1:8421/metrics')).toBe(200);
    });

    it('takes the first superuser, stops in time, and starts again with its data and with the names that Kubernetes injects', async () => {
      const init = ['tokensd', 'init', '--email', 'root@example.com', '--name', 'Root', '--password-stdin'];
      expect(await daemon.exec(init, password)).toMatchObject({ code: 0 });
      expect(await daemon.exec(['tokensd', 'backup', '/data/tokensd/before.db'])).toMatchObject({ code: 0 });
      expect(await daemon.stop()).toBe(0);
      const injected = serviceVariables(readManifest('service.yaml', 'Service'));
      expect(Object.keys(injected)).toEqual(
        expect.arrayContaining([
          'TOKENSD_PORT',
          'TOKENSD_SERVICE_HOST',
          'TOKENSD_PORT_8421_TCP_ADDR',
          'TOKENSD_SERVICE_PORT_INTERNAL',
        ]),
      );
      await start({ env: { ...optionsOf().env, ...injected } });
      expect(await daemon.exec(init, password)).toMatchObject({ code: 5 });
      expect(daemon.output()).not.toMatch(/"level":"(?:warn|error)"|TOKENSD_PORT/);
      expect(await daemon.stop()).toBe(0);
    });

    it('restores a backup in the pod for maintenance', async () => {
      const maintenance = readManifest('maintenance/pod.yaml', 'Pod');
      const options = podOptions({ spec: maintenance.spec }, pod);
      const restored = await runContainer({ ...options, command: ['tokensd', 'restore', '/data/tokensd/before.db'] });
      expect(restored).toMatchObject({ code: 0 });
      await start();
      expect(await probe(container.readinessProbe)).toBe(200);
    });
  });
}
