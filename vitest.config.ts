import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Every database under test is synced at each commit: in memory that takes a tenth of the time.
const memory = '/dev/shm';
const env = existsSync(memory) ? { TMPDIR: memory } : {};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['e2e', 'browser', 'timing', 'nodes', 'bench', 'faults', 'attacks'].map((room) => `test/${room}/**`),
          testTimeout: 15_000,
          // Nothing keeps state in a module, so files may share what they import.
          isolate: false,
          // One more than most have cores: there is always one that waits.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
          env,
        },
      },
      {
        // Real processes: these run the built programs in dist/.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          isolate: false,
          // They wait more than they work.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
          env,
        },
      },
      {
        // Several daemons on one PostgreSQL, npm's and Debian's, and what happens when it goes away.
        test: {
          name: 'nodes',
          include: ['test/nodes/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 5 },
          env,
        },
      },
      {
        // What breaks around the daemon, and in it: killed, full, frozen, slow, late.
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          exclude: ['test/faults/crowd.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 6 },
          env,
        },
      },
      {
        // What somebody tries who means harm.
        test: {
          name: 'attacks',
          include: ['test/attacks/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 7 },
          env,
        },
      },
      {
        // How long answers take: alone on the machine, or the numbers say nothing.
        test: {
          name: 'timing',
          include: ['test/timing/**/*.test.ts', 'test/faults/crowd.test.ts'],
          testTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
          env,
        },
      },
      {
        // A real Chromium in front of the built daemon and of the app itself.
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Not a test: writes pictures of every page and dialog into screenshots/.
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
