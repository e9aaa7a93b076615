import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { SlowFirst } from './test/helpers/slow-first.ts';

// The databases under test are synced at each commit. In memory, that takes a tenth of the time.
const memoryDirectory = '/dev/shm';
const env = existsSync(memoryDirectory) ? { TMPDIR: memoryDirectory } : {};

export default defineConfig({
  test: {
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            ...[
              'store',
              'e2e',
              'browser',
              'timing',
              'nodes',
              'bench',
              'faults',
              'attacks',
              'installations',
              'packages',
            ].map((folder) => `test/${folder}/**`),
            'test/**/*.engines.test.ts',
          ],
          testTimeout: 15_000,
          // Modules hold no state, so test files can share them.
          isolate: false,
          // One more than the two cores of a small machine, because there is always a worker that waits.
          maxWorkers: 3,
          // Each test leaves a whole app behind. A larger nursery collects it in fewer steps.
          execArgv: ['--max-semi-space-size=64'],
          sequence: { groupOrder: 0 },
          env,
        },
      },
      {
        // What must hold on SQLite and on PostgreSQL: the store with its migrations, backups and restores, and races of features.
        test: {
          name: 'engines',
          include: ['test/store/**/*.test.ts', 'test/**/*.engines.test.ts'],
          exclude: ['test/{nodes,faults,attacks,timing}/**'],
          testTimeout: 15_000,
          isolate: false,
          maxWorkers: 3,
          sequence: { groupOrder: 11 },
          env,
        },
      },
      {
        // Real processes: these tests run the built programs in dist/.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          isolate: false,
          // These tests wait more than they compute.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
          env,
        },
      },
      {
        // Several daemons on one PostgreSQL (from npm and from Debian).
        test: {
          name: 'nodes',
          include: ['test/nodes/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 5 },
          env,
        },
      },
      {
        // Faults in and around the daemon: kills, full disks, frozen servers, slow clients, wrong clocks.
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          exclude: ['test/faults/many-sign-ins.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          // These tests wait more than they compute: for time limits, mail servers and clocks.
          isolate: false,
          maxWorkers: 3,
          sequence: { groupOrder: 6 },
          env,
        },
      },
      {
        // Attacks.
        test: {
          name: 'attacks',
          include: ['test/attacks/**/*.test.ts'],
          exclude: ['test/attacks/requests/floods.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 7 },
          env,
        },
      },
      {
        // What operators put around the daemon: identity providers, databases, proxies, their clients, mail servers.
        test: {
          name: 'installations',
          include: ['test/installations/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 8 },
          env,
        },
      },
      {
        // The packages that people install, in bare roots of Debian and in prefixes of npm.
        test: {
          name: 'packages',
          include: ['test/packages/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          maxWorkers: 2,
          sequence: { groupOrder: 12 },
        },
      },
      {
        // How long responses take. Run these tests on an idle machine; otherwise the figures mean nothing.
        test: {
          name: 'timing',
          include: [
            'test/timing/**/*.test.ts',
            'test/faults/many-sign-ins.test.ts',
            'test/attacks/requests/floods.test.ts',
          ],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
          env,
        },
      },
      {
        // A real Chromium, against the built daemon and against the app in the test process.
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Not a test: prints how long one page of every list takes, with a million tokens.
        test: {
          name: 'list-times',
          include: ['test/bench/lists/list-times.ts'],
          testTimeout: 3_600_000,
          sequence: { groupOrder: 9 },
        },
      },
      {
        // Not a test: prints how long verification takes while many requests arrive, on both databases.
        test: {
          name: 'flood-times',
          include: ['test/bench/flood-times.ts'],
          testTimeout: 7_200_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 10 },
        },
      },
      {
        // Not a test: writes pictures of every page and dialog, and of mails, into screenshots/.
        test: {
          name: 'screenshots',
          include: ['test/browser/screenshots.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
