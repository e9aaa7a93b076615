import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createSuperuser, measureChanges, measureList, signIn } from './changes.mjs';
import { prepareDatabase, startPostgres } from './databases.mjs';
import { median, slice } from './load.mjs';
import { pinning } from './programs.mjs';
import { print, writeFigures } from './report.mjs';
import { measureStartUp } from './start-up.mjs';
import { bareHono, betterAuth, denials, forwardAuth, introspection, oidcProvider, withHost } from './targets.mjs';

const quick = process.argv.includes('--quick');
const rounds = quick ? 1 : 5;
const seconds = quick ? 0.5 : 2;
const sizes = quick ? [10_000] : [1_000, 100_000, 1_000_000];
const maxTokens = sizes.at(-1);

if (pinning.length > 0) {
  const others = Array.from({ length: availableParallelism() - 1 }, (_, i) => i + 1).join(',');
  execFileSync('taskset', ['-cp', others, String(process.pid)], { stdio: 'ignore' });
}

const bare = await bareHono();
const table = [];

/**
 * Measures slices of bare Hono and of the target in alternation, and adds a row to the table. Each ratio is relative to the
 * bare slices before and after, so that a slower machine affects both.
 */
async function compare(name, { port, requests, memory }, { expected = 200, connections = 64 } = {}) {
  const bareSlice = () => slice({ port: bare.port, requests: bare.requests, connections, seconds });
  await slice({ port, requests, expected, connections, seconds: 1 });
  const slices = [];
  let before = await bareSlice();
  for (let round = 0; round < rounds; round += 1) {
    const target = await slice({ port, requests, expected, connections, seconds });
    const after = await bareSlice();
    slices.push({
      ...target,
      ratio: target.perSecond / ((before.perSecond + after.perSecond) / 2),
      p50Ratio: target.p50 / ((before.p50 + after.p50) / 2),
      p99Ratio: target.p99 / ((before.p99 + after.p99) / 2),
    });
    before = after;
  }
  const medianOf = (key) => median(slices.map((values) => values[key]));
  const row = { name, connections, rss: memory().now };
  for (const key of ['perSecond', 'ratio', 'p50', 'p50Ratio', 'p99', 'p99Ratio']) row[key] = medianOf(key);
  table.push(row);
  process.stderr.write(
    `${name}, ${connections} connections: ${Math.round(row.perSecond)}/s, ${row.ratio.toFixed(2)}\n`,
  );
  return row;
}

// Bare Hono against itself shows the noise of this machine.
await compare('bare Hono', bare);
const postgres = await startPostgres();
const singleMeasurements = {};
for (const kind of ['sqlite', 'postgres']) {
  for (const tokens of sizes) {
    const database = await prepareDatabase(kind, tokens, postgres);
    if (tokens === maxTokens) createSuperuser(database.env);
    const target = await forwardAuth(database);
    const name = `forward-auth, ${tokens.toLocaleString('en')} tokens, ${kind}`;
    await compare(name, target);
    if (tokens === maxTokens) {
      for (const connections of [1, 8, 256]) await compare(name, target, { connections });
      const forHost = { ...target, requests: withHost(database.values, 'app.example.com') };
      await compare(`with a host and no apps, ${kind}`, forHost);
      const session = await signIn(target.url);
      if (kind === 'sqlite') {
        const { unknown, malformed } = denials();
        await compare('unknown tokens, sqlite', { ...target, requests: unknown }, { expected: 401 });
        await compare('malformed tokens', { ...target, requests: malformed }, { expected: 401 });
        const requests = await introspection(target, session, database.values);
        await compare('introspection, sqlite', { ...target, requests });
        singleMeasurements.list = await measureList(target.url, session);
        singleMeasurements.startUp = await measureStartUp(target.url);
      }
      singleMeasurements[kind] = await measureChanges(target, session);
      // Last, because it changes what the other rows measure.
      await database.addRules('app.example.com');
      await compare(`with an app, five allow lines and two networks, ${kind}`, forHost);
      await target.stop();
      const restarted = await forwardAuth(database);
      singleMeasurements[kind].restartMs = restarted.startedAfterMs;
      await restarted.stop();
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
print(table, singleMeasurements, { rounds, maxTokens });
if (!quick) await writeFigures(table, sizes);
