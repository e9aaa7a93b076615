import { spawn } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { slice } from '../load.mjs';
import { root, unpinning } from '../programs.mjs';
import { byName, forwardAuth } from '../targets.mjs';
import { atMost } from './goals.mjs';

/** Measures the latency of verification while `tokensd backup` copies the SQLite database, and before and after that. */
export async function measureBackup({ databases, timing, tokens, backupLoad }) {
  const database = await databases.prepare('sqlite', tokens);
  const target = await forwardAuth(database);
  const load = { port: target.port, requests: byName(database.values), perSecond: backupLoad };
  const quiet = () => slice({ ...load, seconds: 5 * timing.seconds });
  await quiet();
  const before = await quiet();
  const file = join(database.env.TOKENSD_DATA_DIR, 'backup.db');
  rmSync(file, { force: true });
  const startedAt = performance.now();
  const copying = backUp(database.env, file);
  const during = await slice({ ...load, until: copying });
  await copying;
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await quiet();
  await target.stop();
  const gigabytes = statSync(file).size / 1e9;
  rmSync(file);
  const without = (before.p99 + after.p99) / 2;
  const name = `backup of ${gigabytes.toFixed(1)} GB, SQLite, p99 of verification during ÷ without`;
  const slowest = { during: during.slowest, without: Math.max(before.slowest, after.slowest) };
  return {
    goals: [atMost(3)(name, during.p99 / without)],
    backup: { gigabytes, seconds, perSecond: backupLoad, p99: { during: during.p99, without }, slowest },
  };
}

/** Runs `tokensd backup` on any core. @throws Error with what it printed */
function backUp(env, file) {
  const [command, ...words] = [...unpinning, process.execPath, `${root}bin/tokensd.js`, 'backup', file];
  const child = spawn(command, words, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`tokensd backup: ${printed}`))));
  });
}
