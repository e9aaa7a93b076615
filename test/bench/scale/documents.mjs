import { readFileSync, writeFileSync } from 'node:fs';
import { root } from '../programs.mjs';
import { drawFigure } from './figure.mjs';
import { engineNames } from './verification.mjs';

/** The load of the example, in verifications per second. */
const exampleLoad = 100_000;

const whole = (number) => number.toLocaleString('en', { maximumFractionDigits: 0 });
/** Rounds to two digits, because the rest is noise. */
const about = (number) => whole(Number(number.toPrecision(2)));

/** Writes the picture and the texts with measured numbers: in `README.md` and in `docs/production.md`. */
export function writeDocuments(results) {
  const facts = factsOf(results);
  writeFileSync(`${root}docs/benchmark.svg`, drawFigure(facts));
  replaceBlock('README.md', 'speed', readmeText(facts));
  replaceBlock('docs/production.md', 'scale', scaleTable(facts));
  replaceBlock('docs/production.md', 'capacity', capacityText(facts));
}

/** Returns what the texts need. */
function factsOf(results) {
  const { nodes, changes, backup } = results;
  const curve = [...results['sizes-sqlite'].curve, ...results['sizes-postgres'].curve];
  const manyUsed = [...results['sizes-sqlite'].manyUsed, ...results['sizes-postgres'].manyUsed];
  return {
    ...{
      curve,
      manyUsed,
      cpu: nodes.cpu,
      nodesRatio: nodes.goals[0].value,
      backup: backup.backup,
      goals: changes.goals,
    },
    of: (kind, tokens) => curve.find((row) => row.kind === kind && row.tokens === tokens),
    oneConnection: results['one-connection-and-others'].details.filter(({ connections }) => connections === 1),
    surroundings: nodes.surroundings,
    date: backup.measuredAt.slice(0, 10),
  };
}

function picture(path) {
  const text =
    'Verifications per second by number of tokens, on SQLite and PostgreSQL, and the CPU time of one verification with one node and with two';
  return `![${text}](${path})`;
}

function readmeText({ of }) {
  const [sqlite, postgres] = [of('sqlite', 1_000_000), of('postgres', 1_000_000)];
  return `${picture('docs/benchmark.svg')}

One node with a million tokens verifies about ${about(sqlite.perSecond)} requests per second on SQLite and ${about(postgres.perSecond)} on PostgreSQL, with one core for the daemon. Every verification reads the database, so a revocation counts on the next request.`;
}

function scaleTable({ curve, manyUsed, of, cpu, nodesRatio, backup, oneConnection, surroundings, date }) {
  const sizes = [...new Set(curve.map(({ tokens }) => tokens))].toSorted((a, b) => a - b);
  const cells = (row) =>
    row === undefined ? ['', '', ''] : [whole(row.perSecond), row.ratio.toFixed(2), (row.p99 / 1000).toFixed(1)];
  const rows = sizes.map((tokens) => [whole(tokens), ...cells(of('sqlite', tokens)), ...cells(of('postgres', tokens))]);
  const manyOf = (kind, tokens) => manyUsed.find((row) => row.kind === kind && row.tokens === tokens);
  for (const tokens of new Set(manyUsed.map((row) => row.tokens))) {
    rows.push([
      `${whole(tokens)}, 50,000 of them used`,
      ...cells(manyOf('sqlite', tokens)),
      ...cells(manyOf('postgres', tokens)),
    ]);
  }
  const times = cpu.map(({ name, daemonUs, databaseUs }) => [
    ...[name, daemonUs.toFixed(1), databaseUs === 0 ? '' : databaseUs.toFixed(1)],
    about(1e6 / (daemonUs + databaseUs)),
  ]);
  const latencies = oneConnection.map(({ name, p50 }) => `${(p50 / 1000).toFixed(2)} ms on ${name.split(', ').at(-1)}`);
  return `${picture('./benchmark.svg')}

The app is named in the path of the route, two of ten tokens have rules with five allowed requests and a network, uses are counted, and the internal listener is asked. The daemon has one
core, and PostgreSQL shares the other one with the clients. All tokens are used equally often, and the database fits into the memory of the machine. A bare Hono route returns \`ok\` and does
nothing else.

${surroundings}. Measured on ${date}, with 64 connections. Up to 2,000 tokens are used in turn, or 50,000 where it says so. The last use of each
is written every second, so more tokens in use cost more.

| tokens | SQLite, per second | × bare Hono | p99, ms | PostgreSQL, per second | × bare Hono | p99, ms |
|--:|--:|--:|--:|--:|--:|--:|
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

With one connection and a million tokens, the median response takes ${latencies.join(' and ')}.

| CPU time of one verification | daemon, µs | PostgreSQL, µs | per second and core |
|---|--:|--:|--:|
${times.map((row) => `| ${row.join(' | ')} |`).join('\n')}

Two nodes use ${nodesRatio.toFixed(2)} times the CPU time of one for each verification. While \`tokensd backup\` copied ${backup.gigabytes.toFixed(1)} GB in ${whole(backup.seconds)} s on these cores, the 99th
percentile of ${whole(backup.perSecond)} verifications per second was ${(backup.p99.during / 1000).toFixed(1)} ms. Without the backup, it was ${(backup.p99.without / 1000).toFixed(1)} ms.`;
}

function capacityText({ of, goals }) {
  const [sqlite, postgres] = [of('sqlite', 1_000_000), of('postgres', 1_000_000)];
  const changesOf = (word, kind) => goals.find(({ name }) => name.includes(engineNames[kind]) && name.includes(word));
  const perSecond = ['sqlite', 'postgres'].map((kind) => {
    const slower = Math.min(...['creations', 'revocations'].map((word) => changesOf(word, kind).value));
    return `${about(slower)} tokens per second on ${engineNames[kind]}`;
  });
  const starts = ['sqlite', 'postgres'].map((kind) => changesOf('start', kind).value);
  const needed = Math.ceil(exampleLoad / postgres.perSecond);
  return `**One node** verifies about ${about(sqlite.perSecond)} requests per second on one core with SQLite and a million tokens, and ${about(postgres.perSecond)} with PostgreSQL on the
same machine. With 64 connections, the median response takes ${(Math.max(sqlite.p50, postgres.p50) / 1000).toFixed(1)} ms at most. The process uses up to ${whole(Math.max(sqlite.peak, postgres.peak))} MB and starts in
${Math.max(...starts).toFixed(1)} s. Changes are much rarer. One node creates or revokes about ${perSecond.join(' and ')}, each in a transaction with
its event, its mail and the events for two webhooks.

**Example:** 10,000 people with ten tokens each, and every token used once per second, make ${whole(exampleLoad)} requests per second. On PostgreSQL, ${needed} nodes
can do that at full load. Plan for ${2 * needed}, so that each is half busy. One node is enough for most organizations.`;
}

/** Replaces what is between the markers of this name. @throws Error if the file has no such markers */
function replaceBlock(file, name, content) {
  const [begin, end] = [`<!-- bench: ${name} -->`, `<!-- end of bench: ${name} -->`];
  const text = readFileSync(`${root}${file}`, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no markers ${begin} and ${end}.`);
  writeFileSync(`${root}${file}`, `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`);
}
