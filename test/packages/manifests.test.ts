import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readContainerfile } from '../helpers/packages/containerfile.ts';
import {
  findTypeErrors,
  type Manifest,
  manifestFiles,
  readManifest,
  readManifests,
  validate,
} from '../helpers/packages/manifests.ts';

const project = join(import.meta.dirname, '..', '..');
const files = [...manifestFiles(), 'examples/envoy/security-policy.yaml', 'examples/ci/kubernetes-cronjob.yaml'];
const deployments = ['deployment.yaml', 'postgresql/deployment.yaml'];
const podOf = (manifest: Manifest) => (manifest.kind === 'Pod' ? manifest.spec : manifest.spec.template.spec);
const everyPod = [
  ...deployments.map((file) => readManifest(file, 'Deployment')),
  readManifest('maintenance/pod.yaml', 'Pod'),
];

describe('the manifests for Kubernetes', () => {
  it.each(files)('follow the published schemas: %s', async (file) => {
    for (const manifest of readManifests(file)) await validate(manifest);
  });

  it('have no field that the published types do not know', async () => {
    expect(await findTypeErrors(files.flatMap(readManifests))).toBe('');
    const [manifest] = everyPod as [Manifest];
    const mistyped = { ...manifest, spec: { ...manifest.spec, replica: 1 } };
    expect(await findTypeErrors([mistyped])).toContain('"replica"');
  });

  it('are of the kinds that an installation needs', () => {
    const kinds = manifestFiles().flatMap((file) => readManifests(file).map(({ kind }) => kind));
    expect([...new Set(kinds)].sort()).toEqual([
      ...['ClientTrafficPolicy', 'ConfigMap', 'Deployment', 'HTTPRoute', 'Namespace', 'NetworkPolicy'],
      ...['PersistentVolumeClaim', 'Pod', 'PodDisruptionBudget', 'ReferenceGrant', 'Secret', 'SecurityPolicy'],
      ...['Service', 'ServiceMonitor'],
    ]);
  });

  it('are one Deployment, no Pod, no Secret and no protected app in the folder that a person applies', () => {
    const applied = manifestFiles().filter((file) => file.split('/').length === 3);
    const kinds = applied.flatMap((file) => readManifests(file).map(({ kind }) => kind));
    // A Secret here would replace that of the person.
    expect(kinds.filter((kind) => ['Deployment', 'Pod', 'Secret'].includes(kind))).toEqual(['Deployment']);
    // Neither does it protect an app before a member, the app and a token exist.
    expect(kinds).not.toContain('SecurityPolicy');
    const namespaces = applied.flatMap((file) => readManifests(file).map(({ metadata }) => metadata.namespace));
    expect([...new Set(namespaces)].sort()).toEqual(['envoy-gateway-system', 'tokensd', undefined]);
  });

  it('are applied, and moved, in an order that works', () => {
    const [, section = ''] = readFileSync(join(project, 'docs/install.md'), 'utf8').split('\n## Kubernetes\n');
    // The Deployment for PostgreSQL would replace names that the reader has changed. The route of the app needs the app.
    const steps = [
      'mv kubernetes/postgresql/deployment.yaml kubernetes/deployment.yaml',
      '| `deployment.yaml`, `maintenance/pod.yaml` | the image |',
      'kubectl apply -f kubernetes/\n',
      '-- tokensd init ',
      'tokens apps create grafana',
      'kubectl apply -f kubernetes/app/\n',
    ];
    const places = steps.map((step) => section.indexOf(step));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});

describe('the names and ports in the manifests', () => {
  const service = readManifest('service.yaml', 'Service');
  const labels = service.spec.selector;
  const portNames = service.spec.ports.map(({ name }: { name: string }) => name);

  it.each(deployments)('agree with the Service and with the objects that a pod uses: %s', (file) => {
    const { spec } = readManifest(file, 'Deployment');
    const pod = spec.template.spec;
    expect([spec.selector.matchLabels, spec.template.metadata.labels]).toEqual([labels, labels]);
    const [container] = pod.containers;
    const named = container.ports.map(({ name }: { name: string }) => name);
    expect(service.spec.ports.map(({ targetPort }: { targetPort: string }) => targetPort)).toEqual(named);
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe])
      expect(named).toContain(probe.httpGet.port);
    const objects = [
      ...container.envFrom.map((one: Manifest) => ['ConfigMap', one.configMapRef.name]),
      ...pod.volumes.map((one: Manifest) => {
        if (one.secret) return ['Secret', one.secret.secretName];
        return one.persistentVolumeClaim ? ['PersistentVolumeClaim', one.persistentVolumeClaim.claimName] : null;
      }),
    ].filter((one) => one !== null);
    const known = manifestFiles().flatMap((one) =>
      readManifests(one).map(({ kind, metadata }) => [kind, metadata.name]),
    );
    expect(known).toEqual(expect.arrayContaining(objects));
    expect(pod.volumes.map(({ name }: Manifest) => name).sort()).toEqual(
      container.volumeMounts.map(({ name }: Manifest) => name).sort(),
    );
  });

  it('agree with the image and the settings', () => {
    const { config } = readContainerfile();
    const { data } = readManifest('configmap.yaml', 'ConfigMap');
    const version = config.labels['org.opencontainers.image.version'];
    for (const pod of everyPod) expect(podOf(pod).containers[0].image).toBe(`registry.example.com/tokensd:${version}`);
    for (const file of deployments) {
      const [{ ports }] = podOf(readManifest(file, 'Deployment')).containers;
      expect(ports.map(({ containerPort }: { containerPort: number }) => `*:${containerPort}`)).toEqual([
        config.env.TOKENSD_LISTEN,
        data.TOKENSD_INTERNAL_LISTEN,
      ]);
    }
    const [host] = readManifest('route.yaml', 'HTTPRoute').spec.hostnames;
    expect(data.TOKENSD_PUBLIC_URL).toBe(`https://${host}`);
  });

  it('agree with what connects to the Service', () => {
    const portOf = (name: string) => service.spec.ports.find((one: { name: string }) => one.name === name).port;
    const [rule] = readManifest('route.yaml', 'HTTPRoute').spec.rules;
    expect(rule.backendRefs).toEqual([{ name: service.metadata.name, port: portOf('http') }]);
    const policy = readManifest('app/security-policy.yaml', 'SecurityPolicy');
    expect(policy.spec.extAuth.http.backendRefs).toEqual([
      { name: service.metadata.name, namespace: service.metadata.namespace, port: portOf('internal') },
    ]);
    const monitor = readManifest('servicemonitor.yaml', 'ServiceMonitor').spec;
    expect([monitor.selector.matchLabels, monitor.endpoints[0].port]).toEqual([service.metadata.labels, 'internal']);
    expect(readManifest('pdb.yaml', 'PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels);
    const network = readManifest('networkpolicy.yaml', 'NetworkPolicy').spec;
    expect(network.podSelector.matchLabels).toEqual(labels);
    const opened = network.ingress.flatMap(({ ports }: Manifest) => ports.map(({ port }: { port: string }) => port));
    expect(portNames).toEqual(expect.arrayContaining(opened));
  });

  it('make the Gateway of the routes discard what a client says about its address', () => {
    const { metadata, spec } = readManifest('client-traffic-policy.yaml', 'ClientTrafficPolicy');
    expect(spec.headers.earlyRequestHeaders).toEqual({ remove: ['X-Forwarded-For'] });
    const gateway = { name: spec.targetRefs[0].name, namespace: metadata.namespace };
    for (const file of ['route.yaml', 'app/security-policy.yaml'])
      expect(readManifest(file, 'HTTPRoute').spec.parentRefs).toEqual([gateway]);
    const removed = readManifest('route.yaml', 'HTTPRoute').spec.rules[0].filters[0].requestHeaderModifier.remove;
    expect(removed).toEqual(['Forwarded', 'X-Real-IP']);
  });

  it('let Envoy ask tokensd as examples/envoy/security-policy.yaml does', () => {
    const policy = readManifest('app/security-policy.yaml', 'SecurityPolicy');
    const route = readManifest('app/security-policy.yaml', 'HTTPRoute');
    const [grant] = readManifest('app/security-policy.yaml', 'ReferenceGrant').spec.from;
    expect(grant).toMatchObject({ kind: 'SecurityPolicy', namespace: policy.metadata.namespace });
    expect(route.metadata.namespace).toBe(policy.metadata.namespace);
    const [policyOfExample, routeOfExample] = readManifests('examples/envoy/security-policy.yaml') as [
      Manifest,
      Manifest,
    ];
    const { backendRefs: _ours, ...http } = policy.spec.extAuth.http;
    const { backendRefs: _theirs, ...httpOfExample } = policyOfExample.spec.extAuth.http;
    expect({ ...policy.spec.extAuth, http }).toEqual({ ...policyOfExample.spec.extAuth, http: httpOfExample });
    expect(policy.spec.targetRefs).toEqual(policyOfExample.spec.targetRefs);
    expect(route.spec.rules).toEqual(routeOfExample.spec.rules);
  });
});

describe('the pods', () => {
  it.each(everyPod.map((pod) => [pod.kind, pod]))('have no right that they do not need: %s', (_kind, manifest) => {
    const pod = podOf(manifest);
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    const [user] = readContainerfile().config.user.split(':').map(Number);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: user, runAsGroup: user, fsGroup: user });
    expect(pod.securityContext.seccompProfile).toEqual({ type: 'RuntimeDefault' });
    for (const { securityContext } of pod.containers)
      expect(securityContext).toEqual({
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
        capabilities: { drop: ['ALL'] },
      });
  });

  it('are one for SQLite, of which the old one ends first, and two for PostgreSQL', () => {
    const [sqlite, postgres] = deployments.map((file) => readManifest(file, 'Deployment').spec);
    expect([sqlite.replicas, sqlite.strategy]).toEqual([1, { type: 'Recreate' }]);
    expect([postgres.replicas, postgres.strategy.rollingUpdate.maxUnavailable]).toEqual([2, 0]);
    const [ours] = sqlite.template.spec.containers;
    const [theirs] = postgres.template.spec.containers;
    for (const field of [
      'image',
      'args',
      'envFrom',
      'ports',
      'startupProbe',
      'livenessProbe',
      'readinessProbe',
      'resources',
    ])
      expect(theirs[field]).toEqual(ours[field]);
  });

  it('have no password by default, and read secrets from files only', () => {
    const { stringData } = readManifest('secret/secret.yaml', 'Secret');
    for (const url of Object.values<string>(stringData)) {
      const { username, password } = new URL(url);
      expect([username, password]).toEqual(['', '']);
    }
    const text = files.map((file) => readFileSync(join(project, file), 'utf8')).join('\n');
    expect(text).not.toMatch(/secretKeyRef|secretRef/);
  });
});
