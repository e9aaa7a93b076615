import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { init, measureChanges, measureList, measureStartUp, signIn } from './changes.mjs';
import { prepareDatabase, startPostgres } from './databases.mjs';
import { median, slice } from './load.mjs';
import { pinning } from './programs.mjs';
import { figures, print } from './report.mjs';
import { bareHono, betterAuth, forwardAuth, introspection, oidcProvider, refusals } from './targets.mjs';

const quick = process.argv.includes('--quick');
const rounds = quick ? 2 : 5;
const sizes = quick ? [1_000, 10_000] : [1_000, 100_000, 1_000_000];
const largest = sizes.at(-1);

if (pinning.length > 0) {
  const others = Array.from({ length: availableParallelism() - 1 }, (_, i) => i + 1).join(',');
  execFileSync('taskset', ['-cp', others, String(process.pid)], { stdio: 'ignore' });
}

const bare = await bareHono();
const table = [];

/** Slices of bare Hono and of the target in turns; each ratio is to the bare slices around it. */
async function compare(name, { port, requests, memory }, { expected = 200, connections = 64 } = {}) {
  const bareSlice = () => slice({ port: bare.port, requests: bare.requests, connections });
  await slice({ port, requests, expected, connections, seconds: 1 });
  const measured = [];
  let before = await bareSlice();
  for (let round = 0; round < rounds; round += 1) {
    const own = await slice({ port, requests, expected, connections });
    const after = await bareSlice();
    measured.push({
      ...own,
      ratio: own.perSecond / ((before.perSecond + after.perSecond) / 2),
      p50Ratio: own.p50 / ((before.p50 + after.p50) / 2),
      p99Ratio: own.p99 / ((before.p99 + after.p99) / 2),
    });
    before = after;
  }
  const of = (key) => median(measured.map((one) => one[key]));
  const row = { name, connections, rss: memory().now };
  for (const key of ['perSecond', 'ratio', 'p50', 'p50Ratio', 'p99', 'p99Ratio']) row[key] = of(key);
  table.push(row);
  process.stderr.write(
    `${name}, ${connections} connections: ${Math.round(row.perSecond)}/s, ${row.ratio.toFixed(2)}\n`,
  );
  return row;
}

// Against itself: how far apart two equal things are here.
await compare('bare Hono', bare);
const postgres = await startPostgres();
const measuredOnce = {};
for (const kind of ['sqlite', 'postgres']) {
  for (const tokens of sizes) {
    const database = await prepareDatabase(kind, tokens, postgres);
    if (tokens === largest) init(database.env);
    const target = await forwardAuth(database);
    const name = `forward-auth, ${tokens.toLocaleString('en')} tokens, ${kind}`;
    await compare(name, target);
    if (tokens === largest) {
      for (const connections of [1, 8, 256]) await compare(name, target, { connections });
      const session = await signIn(target.url);
      if (kind === 'sqlite') {
        const { junk, malformed } = refusals();
        await compare('junk tokens, sqlite', { ...target, requests: junk }, { expected: 401 });
        await compare('malformed value', { ...target, requests: malformed }, { expected: 401 });
        const requests = await introspection(target, session, database.values);
        await compare('introspection, sqlite', { ...target, requests });
        measuredOnce.list = await measureList(target.url, session);
        measuredOnce.startUp = measureStartUp(target.url, session);
      }
      measuredOnce[kind] = await measureChanges(target, session);
      await target.stop();
      const again = await forwardAuth(database);
      measuredOnce[kind].restartMs = again.startedAfterMs;
      await again.stop();
    } else {
      await target.stop();
    }
    await database.remove();
  }
}
const peers = {
  'better-auth api-key': () => postgres.newDatabase().then(betterAuth),
  'oidc-provider introspection': oidcProvider,
};
for (const [name, start] of Object.entries(peers)) {
  const target = await start();
  await compare(name, target);
  await target.stop();
}
await bare.stop();
await postgres.remove();
print(table, measuredOnce, { rounds, largest });
if (!quick) await figures(table, sizes);
