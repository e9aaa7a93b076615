import { engineNames } from './verification.mjs';

const styles = { sqlite: { color: '#1a5fb4', labelY: -10 }, postgres: { color: '#c2410c', labelY: 20 } };
const [ink, muted, grid] = ['#1f2328', '#57606a', '#d8dee4'];
const [databaseColor, width, height] = ['#f0a37a', 820, 560];

/**
 * Returns an SVG picture: how throughput changes with the number of tokens, in absolute numbers and relative to bare Hono, and the CPU time of one verification
 * with one and two nodes. It has a background of its own, so that it is readable on light and dark pages.
 */
export function drawFigure({ curve, manyUsed, cpu, nodesRatio }) {
  const absolute = (row) => row.perSecond;
  const relative = (row) => row.ratio;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-labelledby="title">`,
    `<title id="title">${describe(curve, cpu)}</title>`,
    `<rect width="${width}" height="${height}" rx="10" fill="#fff"/>`,
    ...panel({
      left: 76,
      title: 'Verifications per second of one node',
      curve,
      manyUsed,
      value: absolute,
      label: thousands,
      maxY: maxOf(curve),
    }),
    ...panel({
      left: 486,
      title: 'Relative to a bare Hono route',
      curve,
      manyUsed,
      value: relative,
      label: hundredths,
      maxY: 1,
    }),
    ...Object.entries(styles).flatMap(([kind, { color }], i) => [
      marker(kind, 82 + i * 90, 322, color),
      text(94 + i * 90, 327, engineNames[kind]),
    ]),
    text(width - 24, 327, 'By number of tokens. Filled: 2,000 used in turn, hollow: 50,000', {
      anchor: 'end',
      fill: muted,
    }),
    ...bars(cpu, nodesRatio),
    '</svg>\n',
  ].join('\n');
}

const thousands = (value) => `${(value / 1000).toFixed(0)}k`;
const hundredths = (value) => value.toFixed(2);

function describe(curve, cpu) {
  const points = curve.map(
    ({ name, perSecond, ratio }) =>
      `${name}: ${Math.round(perSecond).toLocaleString('en')} verifications per second, ${ratio.toFixed(2)} of a bare Hono route`,
  );
  const times = cpu.map(
    ({ name, daemonUs, databaseUs }) => `${name}: ${(daemonUs + databaseUs).toFixed(0)} µs of CPU time`,
  );
  return `${[...points, ...times].join('. ')}.`;
}

/** Draws one chart with a line for each engine. Its vertical axis begins at zero. */
function panel({ left, title, curve, manyUsed, value, label, maxY }) {
  const [top, bottom, plotWidth] = [66, 270, 300];
  const sizes = [...new Set(curve.map(({ tokens }) => tokens))].toSorted((a, b) => a - b);
  const [first, last] = [Math.log10(sizes[0]), Math.log10(sizes.at(-1))];
  const x = (tokens) => left + 16 + ((Math.log10(tokens) - first) / Math.max(1, last - first)) * (plotWidth - 32);
  const y = (amount) => bottom - (amount / maxY) * (bottom - top);
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map((part) => part * maxY);
  return [
    text(left - 52, 36, title, { size: 15, weight: 600 }),
    ...ticks.flatMap((amount) => [
      line([left, y(amount)], [left + plotWidth, y(amount)], grid),
      text(left - 8, y(amount) + 4, label(amount), { anchor: 'end', fill: muted }),
    ]),
    ...sizes.map((tokens) => text(x(tokens), bottom + 22, short(tokens), { anchor: 'middle', fill: muted })),
    ...manyUsed.flatMap((row) => {
      const { color } = styles[row.kind];
      const [px, py] = [x(row.tokens), y(value(row))];
      return [
        marker(row.kind, px, py, color, '#fff'),
        text(px + 10, py + 5, label(value(row)), { size: 12, fill: color }),
      ];
    }),
    ...Object.entries(styles).flatMap(([kind, { color, labelY }]) => {
      const rows = curve.filter((row) => row.kind === kind).toSorted((a, b) => a.tokens - b.tokens);
      const points = rows.map((row) => [x(row.tokens), y(value(row))]);
      return [
        `<polyline points="${points.map(([px, py]) => `${round(px)},${round(py)}`).join(' ')}" fill="none" stroke="${color}" stroke-width="2.5"/>`,
        ...points.map(([px, py]) => marker(kind, px, py, color)),
        ...points.map(([px, py], i) => {
          const isBeside = labelY > 0 && manyUsed.some((row) => row.kind === kind && row.tokens === rows[i].tokens);
          const place = isBeside ? [px + 10, py + 5, 'start'] : [px, py + labelY, 'middle'];
          const style = { anchor: place[2], size: 12, fill: color, weight: 600 };
          return text(place[0], place[1], label(value(rows[i])), style);
        }),
      ];
    }),
  ];
}

/** Draws the CPU time of one verification as bars: the share of the daemon, and that of PostgreSQL. */
function bars(cpu, nodesRatio) {
  const [left, top] = [190, 398];
  const scale = 310 / Math.max(...cpu.map(({ daemonUs, databaseUs }) => daemonUs + databaseUs));
  return [
    text(24, 368, 'CPU time of one verification, with a million tokens (light: PostgreSQL itself)', {
      size: 15,
      weight: 600,
    }),
    ...cpu.flatMap(({ name, daemonUs, databaseUs }, i) => {
      const y = top + i * 38;
      const [daemon, database] = [daemonUs * scale, databaseUs * scale];
      const total = daemonUs + databaseUs;
      const perCore = (Math.round(1e4 / total) * 100).toLocaleString('en');
      return [
        text(left - 10, y + 17, name, { anchor: 'end' }),
        rect(left, y, daemon, name.startsWith('SQLite') ? styles.sqlite.color : styles.postgres.color),
        rect(left + daemon, y, database, databaseColor),
        text(left + 8, y + 17, 'tokensd', { size: 12, fill: '#fff' }),
        text(left + daemon + database + 10, y + 17, `${total.toFixed(0)} µs, or ${perCore} per second and core`, {
          weight: 600,
        }),
      ];
    }),
    text(24, height - 26, `Two nodes use ${hundredths(nodesRatio)} times the CPU time of one for each verification.`, {
      fill: muted,
    }),
  ];
}

/** Returns the upper end of the axis of throughput: five round steps. */
function maxOf(curve) {
  return Math.ceil((Math.max(...curve.map(({ perSecond }) => perSecond)) * 1.05) / 10_000) * 10_000;
}

const short = (tokens) => (tokens >= 1e6 ? `${tokens / 1e6}M` : `${tokens / 1e3}k`);
const round = (number) => Number(number.toFixed(1));

function text(x, y, content, { anchor = 'start', size = 13, fill = ink, weight = 400 } = {}) {
  const style = `text-anchor="${anchor}" font-size="${size}" font-weight="${weight}" fill="${fill}"`;
  return `<text x="${round(x)}" y="${round(y)}" ${style}>${content}</text>`;
}

function line([x1, y1], [x2, y2], color) {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${color}"/>`;
}

function rect(x, y, barWidth, fill) {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(barWidth)}" height="26" fill="${fill}"/>`;
}

/** Draws a point: a circle for SQLite, a square for PostgreSQL. */
function marker(kind, x, y, color, fill = color) {
  const style = `fill="${fill}" stroke="${color}" stroke-width="2"`;
  if (kind === 'sqlite') return `<circle cx="${round(x)}" cy="${round(y)}" r="4.5" ${style}/>`;
  return `<rect x="${round(x - 4)}" y="${round(y - 4)}" width="8" height="8" ${style}/>`;
}
