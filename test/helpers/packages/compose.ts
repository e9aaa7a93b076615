import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Container, type ContainerOptions, type Network, startContainer } from './container.ts';
import type { Image } from './image.ts';

const project = join(import.meta.dirname, '..', '..', '..');

/** What compose.yaml uses of a service. `test/packages/compose-file.test.ts` checks the file against the schema of Compose. */
export interface Service {
  image: string;
  user?: string;
  read_only?: boolean;
  tmpfs?: string[];
  cap_drop: string[];
  cap_add?: string[];
  group_add?: string[];
  security_opt: string[];
  environment?: Record<string, string>;
  entrypoint?: string[];
  command?: string[];
  secrets?: string[];
  volumes: string[];
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  stop_grace_period?: string;
}

export interface ComposeFile {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  secrets?: Record<string, { file: string }>;
}

/** What an operator writes to .env. */
const variables: Record<string, string> = { CONSOLE_HOST: 'tokens.example.com', MAIL_FROM: 'tokens@example.com' };

/** Reads compose.yaml. */
export function readCompose(): ComposeFile {
  return readFile('compose.yaml');
}

/** Reads a file of examples/compose that changes compose.yaml. */
export function readChanges(name: 'https.yaml' | 'mail.yaml'): ComposeFile {
  return readFile(join('examples/compose', name));
}

/** Reads a file as Compose does, with the values of its variables. */
function readFile(path: string): ComposeFile {
  const text = readFileSync(join(project, path), 'utf8');
  const withValues = text.replaceAll(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name, sign, rest) => {
    const value = variables[name] ?? (sign === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`${name}: ${rest}`);
    return value;
  });
  // The parser does not know `!reset`, and would warn.
  return parse(withValues, { logLevel: 'error' });
}

/** Where the parts of a project of Compose are on this machine. */
export interface ComposeProject {
  image: Image;
  network: Network;
  /** The directory of each named volume. */
  volumes: Record<string, string>;
  /** The file of each secret. */
  secrets?: Record<string, string>;
}

/** Starts a service as Compose would: with the program, user, rights, variables and mounts that the file and the image say. */
export function startService(service: Service, project: ComposeProject): Container {
  return startContainer(serviceOptions(service, project));
}

/** The official image of Caddy: it runs as root, and this is its command. */
const caddy = { command: ['caddy', 'run', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'], workdir: '/' };

/** Returns what Compose tells the container runtime about a service. */
export function serviceOptions(
  service: Service,
  { image, network, volumes, secrets = {} }: ComposeProject,
): ContainerOptions {
  const { read_only: readOnly = false, tmpfs = [], cap_add = [], group_add = [], environment = {} } = service;
  const rights = {
    groups: group_add.map(Number),
    capabilities: cap_add.map((name) => name.toLowerCase()),
    mounts: [
      ...service.volumes.map((text) => readMount(text, volumes)),
      ...(service.secrets ?? []).map((name) => ({ source: secrets[name] ?? '', target: `/run/secrets/${name}` })),
    ],
    network,
  };
  if (service.image !== 'tokensd') {
    // The directory /run of this machine is not that of the container.
    const env = { HOME: '/tmp', ...environment };
    return { root: '/', ...caddy, env, uid: 0, gid: 0, tmpfs: ['/run'], readOnly: false, ...rights };
  }
  const { config, path } = image;
  const [uid, gid] = (service.user ?? config.user).split(':').map(Number) as [number, number];
  const command = [...(service.entrypoint ?? config.entrypoint), ...(service.command ?? config.command)];
  const env = { ...config.env, ...environment };
  return { root: path, command, env, workdir: config.workdir, uid, gid, tmpfs, readOnly, ...rights };
}

function readMount(text: string, volumes: Record<string, string>) {
  const [source = '', target = '', mode] = text.split(':');
  const directory = source.startsWith('./') ? join(project, source) : volumes[source];
  if (directory === undefined) throw new Error(`compose.yaml has no volume ${source}.`);
  return { source: directory, target, readOnly: mode === 'ro' };
}

/** Returns the commands at the top of compose.yaml that run in the service tokensd, each as its words. */
export function readCommands(): string[][] {
  const text = readFileSync(join(project, 'compose.yaml'), 'utf8');
  return [...text.matchAll(/^# +docker compose exec tokensd (.*)$/gm)].map(([, command = '']) => command.split(' '));
}
