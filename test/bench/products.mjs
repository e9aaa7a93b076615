import { measureChanges, measureList, signIn } from './changes.mjs';
import { compare } from './measure.mjs';
import { print } from './report.mjs';
import { measureStartUp } from './start-up.mjs';
import { bareHono, betterAuth, byHost, denials, forwardAuth, introspection, oidcProvider } from './targets.mjs';

/** Compares the daemon with bare Hono and with other products, and prints the result. */
export async function compareProducts(databases, { quick }) {
  const timing = quick ? { rounds: 1, seconds: 0.5 } : { rounds: 5, seconds: 2 };
  const tokens = quick ? 10_000 : 1_000_000;
  const bare = await bareHono();
  const table = [];
  const measure = async (name, target, more = {}) => {
    table.push(...(await compare(bare, [{ ...target, name, expected: more.expected }], { ...timing, ...more })));
  };

  // Bare Hono against itself shows the noise of this machine.
  await measure('bare Hono', bare);
  const singleMeasurements = {};
  for (const kind of ['sqlite', 'postgres']) {
    const database = await databases.prepare(kind, tokens);
    const target = await forwardAuth(database);
    for (const connections of [64, 1, 8, 256]) await measure(`forward-auth, ${kind}`, target, { connections });
    await measure(`with an app by its host, ${kind}`, { ...target, requests: byHost(database.values) });
    const session = await signIn(target.url);
    if (kind === 'sqlite') {
      const { unknown, malformed } = denials();
      await measure('unknown tokens, sqlite', { ...target, requests: unknown }, { expected: 401 });
      await measure('malformed tokens', { ...target, requests: malformed }, { expected: 401 });
      const requests = await introspection(target, session, database.values);
      await measure('introspection, sqlite', { ...target, requests });
      singleMeasurements.list = await measureList(target.url, session);
      singleMeasurements.startUp = await measureStartUp(target.url);
    }
    singleMeasurements[kind] = await measureChanges(target, session);
    await target.stop();
    const restarted = await forwardAuth(database);
    singleMeasurements[kind].restartMs = restarted.startedAfterMs;
    await restarted.stop();
  }
  const peers = {
    'better-auth api-key': async () => betterAuth(await (await databases.postgres()).newDatabase('better_auth')),
    'oidc-provider introspection': oidcProvider,
  };
  for (const [name, start] of Object.entries(peers)) {
    const target = await start();
    await measure(name, target);
    await target.stop();
  }
  await bare.stop();
  print(table, singleMeasurements, { ...timing, tokens });
}
