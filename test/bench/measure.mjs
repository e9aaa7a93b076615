import { median, slice } from './load.mjs';

/**
 * Measures slices of the targets in turn, each between two slices of bare Hono, and returns one row for each target. The ratios are relative to the
 * bare slices before and after, so that a slower machine affects both. Between several targets, this makes the ratios comparable, too.
 */
export async function compare(bare, targets, { rounds, seconds, connections = 64 }) {
  const sliceOf = ({ port, requests, expected }) => slice({ port, requests, expected, connections, seconds });
  for (const target of targets) await slice({ ...target, connections, seconds: Math.min(1, seconds) });
  const slices = targets.map(() => []);
  let before = await sliceOf(bare);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, target] of targets.entries()) {
      const measured = await sliceOf(target);
      const after = await sliceOf(bare);
      const ratioOf = (key) => measured[key] / ((before[key] + after[key]) / 2);
      const ratios = { ratio: ratioOf('perSecond'), p50Ratio: ratioOf('p50'), p99Ratio: ratioOf('p99') };
      slices[i].push({ ...measured, ...ratios });
      before = after;
    }
  }
  return targets.map(({ name, memory }, i) => {
    const row = { name, connections, rss: memory().now };
    for (const key of ['perSecond', 'ratio', 'p50', 'p50Ratio', 'p99', 'p99Ratio']) {
      row[key] = median(slices[i].map((values) => values[key]));
    }
    process.stderr.write(
      `${name}, ${connections} connections: ${Math.round(row.perSecond)}/s, ${row.ratio.toFixed(2)}\n`,
    );
    return row;
  });
}
