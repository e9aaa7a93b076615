import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { printLine, surroundings } from '../report.mjs';
import { bareHono } from '../targets.mjs';
import { measureBackup } from './backup.mjs';
import { measureScaleChanges } from './changes.mjs';
import { writeDocuments } from './documents.mjs';
import { measureNodes } from './nodes.mjs';
import { printParts } from './report.mjs';
import { measureOthers, measureSizes } from './verification.mjs';

/** The parts, by the names that `--only` selects. */
const parts = {
  'sizes-sqlite': (setting) => measureSizes('sqlite', setting),
  'sizes-postgres': (setting) => measureSizes('postgres', setting),
  'one-connection-and-others': measureOthers,
  nodes: measureNodes,
  changes: measureScaleChanges,
  backup: measureBackup,
};

const full = {
  sizes: { sqlite: [1_000, 10_000, 100_000, 1_000_000, 10_000_000], postgres: [1_000, 10_000, 100_000, 1_000_000] },
  timing: { rounds: 5, seconds: 2 },
  ...{ tokens: 1_000_000, manyUsedFrom: 1_000_000, changeSeconds: 8, starts: 3, backupLoad: 5_000 },
};
const quickest = {
  sizes: { sqlite: [10_000], postgres: [10_000] },
  timing: { rounds: 1, seconds: 0.25 },
  ...{ tokens: 10_000, manyUsedFrom: 10_000, changeSeconds: 0.5, starts: 1, backupLoad: 1_000 },
};

/**
 * Measures how the daemon scales, and prints each result beside its goal. With databases that are kept, results are kept beside them, so that parts can be
 * measured one by one. When all parts were measured, writes the figures of the documentation.
 */
export async function measureScale(databases, { quick, only }) {
  const setting = { ...(quick ? quickest : full), databases, bare: await bareHono() };
  const resultsFile = quick ? null : databases.fileOf('results.json');
  const results = resultsFile !== null && existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : {};
  for (const [name, measure] of Object.entries(parts)) {
    if (!only.test(name)) continue;
    const startedAt = performance.now();
    results[name] = { ...(await measure(setting)), measuredAt: new Date().toISOString(), surroundings: surroundings() };
    if (resultsFile !== null) writeFileSync(resultsFile, JSON.stringify(results, null, 2));
    process.stderr.write(`${name}: ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
  }
  await setting.bare.stop();
  printParts(results, setting.timing);
  const missing = Object.keys(parts).filter((name) => results[name] === undefined);
  if (quick) return;
  if (missing.length === 0) writeDocuments(results);
  else printLine(`\nNot measured yet: ${missing.join(', ')}. The documentation stays as it is.`);
}
