import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerOptions, Network } from './container.ts';
import type { Image } from './image.ts';
import { type Manifest, readManifest } from './manifests.ts';
import { newVolume } from './volume.ts';

/** Where the parts of a pod are on this machine. */
export interface Pod {
  image: Image;
  network: Network;
  /** The directory of the PersistentVolumeClaim. */
  volume: string;
  /** The directory of the Secret. */
  secrets: string;
}

/** Makes a volume as Kubernetes does for a pod with `fsGroup`: it belongs to root, and the group may write. */
export function newClaim(): Promise<string> {
  return newVolume(0o2775, [0, 10001]);
}

/** Writes a Secret as Kubernetes does for a pod with `fsGroup`, with the mode that the Deployment gives. */
export async function writeSecret(deployment: Manifest): Promise<string> {
  const directory = await newVolume(0o2750, [0, 10001]);
  const [{ secret }] = deployment.spec.template.spec.volumes.filter((volume: Manifest) => volume.secret);
  const { stringData } = readManifest('secret/secret.yaml', 'Secret');
  for (const [name, value] of Object.entries<string>(stringData))
    await writeFile(join(directory, name), value, { mode: secret.defaultMode });
  return directory;
}

/** Returns what Kubernetes tells the container runtime about the only container of a pod. */
export function podOptions({ spec }: { spec: Manifest }, { image, network, volume, secrets }: Pod): ContainerOptions {
  const [container] = spec.containers;
  const { config, path } = image;
  const { runAsUser: uid, runAsGroup: gid, fsGroup } = spec.securityContext;
  const pathOf = (name: string) => {
    const found = spec.volumes.find((one: { name: string }) => one.name === name);
    if (found.emptyDir) return null;
    return found.secret ? secrets : volume;
  };
  const mounts = container.volumeMounts.map((mount: Manifest) => ({ ...mount, source: pathOf(mount.name) }));
  return {
    root: path,
    command: [
      ...(container.command ?? config.entrypoint),
      ...(container.args ?? (container.command ? [] : config.command)),
    ],
    env: { ...config.env, ...variablesOf(container) },
    ...{ workdir: config.workdir, uid, gid, groups: [fsGroup], network },
    readOnly: container.securityContext.readOnlyRootFilesystem,
    tmpfs: mounts.filter(({ source }: Manifest) => source === null).map(({ mountPath }: Manifest) => mountPath),
    mounts: mounts
      .filter(({ source }: Manifest) => source !== null)
      .map(({ source, mountPath: target, readOnly = false }: Manifest) => ({ source, target, readOnly })),
  };
}

function variablesOf(container: Manifest): Record<string, string> {
  const { data } = readManifest('configmap.yaml', 'ConfigMap');
  const own = Object.fromEntries((container.env ?? []).map(({ name, value }: Manifest) => [name, value]));
  return { ...(container.envFrom === undefined ? {} : data), ...own };
}

/** Returns the variables that Kubernetes adds for a Service to each pod of its namespace, unless `enableServiceLinks` is false. */
export function serviceVariables({ metadata, spec }: Manifest): Record<string, string> {
  const prefix = metadata.name.toUpperCase().replaceAll('-', '_');
  const host = '10.96.0.42';
  const [first] = spec.ports;
  const variables: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: host,
    [`${prefix}_SERVICE_PORT`]: String(first.port),
    [`${prefix}_PORT`]: `tcp://${host}:${first.port}`,
  };
  for (const { name, port } of spec.ports) {
    variables[`${prefix}_SERVICE_PORT_${name.toUpperCase().replaceAll('-', '_')}`] = String(port);
    const link = `${prefix}_PORT_${port}_TCP`;
    Object.assign(variables, {
      [link]: `tcp://${host}:${port}`,
      ...{ [`${link}_PROTO`]: 'tcp', [`${link}_PORT`]: String(port), [`${link}_ADDR`]: host },
    });
  }
  return variables;
}
