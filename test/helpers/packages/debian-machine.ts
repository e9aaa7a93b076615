import { once } from 'node:events';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { freePort } from '../daemon/daemon.ts';
import { acceptsConnections, eventually } from '../daemon/process.ts';
import type { DebianPackages } from './debian-package.ts';
import { type DebianRoot, openDebianRoot, type Started } from './debian-root.ts';
import { readService } from './unit.ts';

/** A machine with Debian, nginx from Debian and an API behind it. */
export interface DebianMachine {
  root: DebianRoot;
  packages: DebianPackages;
  ports: { tokensd: number; nginx: number; api: number };
  /** How long steps took, in milliseconds, without downloads. */
  times: Record<string, number>;
  timed<T>(step: string, work: () => Promise<T>): Promise<T>;
  /** Installs a package and returns what apt prints. */
  install(file: string): Promise<string>;
  /** Starts the daemon as systemd would: the program, the user and the variables of the unit. */
  startService(): Promise<void>;
  /** Stops the daemon and returns its exit code. */
  stopService(): Promise<number | null>;
  startNginx(): Promise<void>;
  /** Returns the arguments of each `systemctl` since the last call. */
  systemctlCalls(): Promise<string>;
  /** Lets `systemctl show` print these lines about the unit. */
  setUnitFacts(lines: string): Promise<void>;
  /** Requests the API through nginx. */
  ask(token: string): Promise<[status: number, body: string]>;
  remove(): Promise<void>;
}

/** Stands for systemd, which is not process 1 here: notes the calls, enables units, and prints what a test wrote to a file. */
const systemctl = `#!/bin/sh
echo "$@" >>/tmp/systemctl.log
case $* in
--root=*) exec /usr/bin/systemctl.real "$@" ;;
show*) cat /tmp/unit-facts ;;
*is-enabled*) echo enabled ;;
esac
`;

/** Opens a machine, and downloads everything that the packages need while they are built. */
export async function openDebianMachine(
  release: 'bookworm' | 'trixie',
  building: Promise<DebianPackages>,
): Promise<DebianMachine> {
  const root = await openDebianRoot(release);
  const api = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const ports = { tokensd: await freePort(), nginx: await freePort(), api: (api.address() as AddressInfo).port };
  const needed = release === 'trixie' ? 'ca-certificates nodejs' : 'ca-certificates';
  await root.expectSuccess(
    `apt-get update -q; apt-get install -q -y --no-install-recommends systemd nginx-light; apt-get install -q -y --download-only ${needed}; mv /usr/bin/systemctl /usr/bin/systemctl.real`,
  );
  const packages = await building;
  for (const file of Object.values(packages)) await copyFile(file, join(root.path, 'tmp', basename(file)));
  await mkdir(join(root.path, 'run/systemd/system'), { recursive: true });
  await root.write('/usr/bin/systemctl', systemctl, 0o755);
  await root.write('/tmp/unit-facts', '');
  const times: Record<string, number> = {};
  let daemon: Started | undefined;
  return {
    ...{ root, packages, ports, times },
    async timed(step, work) {
      const start = performance.now();
      const result = await work();
      times[step] = Math.round(performance.now() - start);
      return result;
    },
    // Unattended upgrades use the same options. On a terminal, dpkg asks whether to keep changed settings, and keeps them by default.
    install: (file) =>
      root.expectSuccess(`apt-get install -q -y -o Dpkg::Options::=--force-confold /tmp/${basename(file)}`),
    async startService() {
      const { command, user, env } = readService(await root.read('/lib/systemd/system/tokensd.service'));
      const started = root.start(command, { user, env });
      daemon = started;
      await eventually(() => started.output().includes('"msg":"listening"'), 'the daemon to listen');
    },
    stopService: async () => (daemon === undefined ? null : daemon.stop()),
    async startNginx() {
      root.start(['nginx', '-g', 'daemon off;'], { user: 'root', env: {} });
      await eventually(() => acceptsConnections(ports.nginx), 'nginx to listen');
    },
    async systemctlCalls() {
      const calls = await root.read('/tmp/systemctl.log').catch(() => '');
      await root.write('/tmp/systemctl.log', '');
      return calls;
    },
    setUnitFacts: (lines) => writeFile(join(root.path, 'tmp/unit-facts'), lines),
    async ask(token) {
      const headers = { Authorization: `Token ${token}` };
      const response = await fetch(`http://127.0.0.1:${ports.nginx}/`, { headers });
      return [response.status, response.ok ? await response.text() : ''];
    },
    async remove() {
      await root.remove();
      api.close();
    },
  };
}
