import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DebianMachine, openDebianMachine } from '../helpers/packages/debian-machine.ts';
import { buildPackages } from '../helpers/packages/debian-package.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';
import { describeFiles } from './debian/files.ts';
import { describeDebianNode, describeLife } from './debian/life.ts';
import { describeRootCommands } from './debian/root-commands.ts';

const isPossible = hasRealParts('root', 'debootstrap', 'dh', 'dpkg-deb', 'unshare', 'script');

const releases = ['bookworm', 'trixie'] as const;
let directory: string;
const machines = new Map<string, DebianMachine>();
beforeAll(async () => {
  if (!isPossible) return;
  directory = await mkdtemp(join(tmpdir(), 'tokensd-packages-'));
  const packages = buildPackages(directory);
  const open = async (release: (typeof releases)[number]) => {
    machines.set(release, await openDebianMachine(release, packages));
  };
  await Promise.all(releases.map(open));
}, 900_000);
afterAll(async () => {
  await Promise.all([...machines.values()].map((machine) => machine.remove()));
  if (isPossible) await rm(directory, { recursive: true, force: true });
});

describe.skipIf(!isPossible).each(releases)('the Debian package on a bare %s', (release) => {
  afterAll(() => {
    const steps = Object.entries(machines.get(release)?.times ?? {}).map(([step, ms]) => `${step} ${ms} ms`);
    process.stdout.write(`${release}: ${steps.join(', ')}\n`);
  });
  const machineOf = () => machines.get(release) as DebianMachine;

  describeLife(machineOf, {
    whileInstalled() {
      describeFiles(machineOf);
      describeRootCommands(machineOf);
    },
  });
  // Debian 12 has Node.js 18.
  if (release === 'trixie') describeDebianNode(machineOf);

  it('takes less than a minute in all', () => {
    expect(Object.values(machineOf().times).reduce((sum, ms) => sum + ms, 0)).toBeLessThan(60_000);
  });
});
