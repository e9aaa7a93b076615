import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DebianMachine, openDebianMachine } from '../helpers/packages/debian-machine.ts';
import { buildPackages, type DebianPackages } from '../helpers/packages/debian-package.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';
import { describeFiles } from './debian/files.ts';
import { describeDebianNode, describeLife } from './debian/life.ts';
import { describeRootCommands } from './debian/root-commands.ts';

const isPossible = hasRealParts('root', 'debootstrap', 'dh', 'dpkg-deb', 'unshare', 'script');

let directory: string;
let packages: DebianPackages;
const machines = new Map<string, DebianMachine>();
beforeAll(async () => {
  if (!isPossible) return;
  directory = await mkdtemp(join(tmpdir(), 'tokensd-packages-'));
  packages = await buildPackages(directory);
}, 300_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

describe.skipIf(!isPossible).each(['bookworm', 'trixie'] as const)('the Debian package on a bare %s', (release) => {
  beforeAll(async () => {
    machines.set(release, await openDebianMachine(release, packages));
  }, 600_000);
  afterAll(async () => {
    const machine = machines.get(release);
    const steps = Object.entries(machine?.times ?? {}).map(([step, ms]) => `${step} ${ms} ms`);
    process.stdout.write(`${release}: ${steps.join(', ')}\n`);
    await machine?.remove();
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
