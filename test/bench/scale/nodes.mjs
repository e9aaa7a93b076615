import { cpuTimeOf, cpuTimeOfServer } from '../lists/cpu-time.mjs';
import { median, slice } from '../load.mjs';
import { byName, forwardAuth } from '../targets.mjs';
import { atMost } from './goals.mjs';

/**
 * Measures the CPU time of one verification: on SQLite, and on PostgreSQL with one node and with two. Each node has 64 connections. Two nodes share the cores that
 * one has to itself, so their throughput says nothing, but CPU time does.
 */
export async function measureNodes({ databases, timing, tokens }) {
  const sqlite = await databases.prepare('sqlite', tokens);
  const postgres = await databases.prepare('postgres', tokens);
  const alone = { ...(await forwardAuth(sqlite)), requests: byName(sqlite.values) };
  const nodes = [];
  for (let i = 0; i < 2; i += 1) nodes.push({ ...(await forwardAuth(postgres)), requests: byName(postgres.values) });
  const server = (await databases.postgres()).pid;
  const cases = { 'SQLite, one node': [alone], 'PostgreSQL, one node': [nodes[0]], 'PostgreSQL, two nodes': nodes };
  const slices = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  // One more round, because the first one is warm-up.
  for (let round = 0; round <= timing.rounds; round += 1) {
    for (const [name, targets] of Object.entries(cases)) {
      const measured = await cpuOf(targets, name.startsWith('SQLite') ? undefined : server, timing.seconds);
      if (round > 0) slices[name].push(measured);
    }
  }
  for (const target of [alone, ...nodes]) await target.stop();
  const cpu = Object.entries(slices).map(([name, measured]) => ({
    name,
    daemonUs: median(measured.map(({ daemonUs }) => daemonUs)),
    databaseUs: median(measured.map(({ databaseUs }) => databaseUs)),
  }));
  const ratios = slices['PostgreSQL, two nodes'].map(
    (two, round) => sum(two) / sum(slices['PostgreSQL, one node'][round]),
  );
  const name = `CPU time of a verification, ${tokens.toLocaleString('en')} tokens, PostgreSQL, two nodes ÷ one`;
  return { goals: [atMost(1.1)(name, median(ratios))], cpu };
}

const sum = ({ daemonUs, databaseUs }) => daemonUs + databaseUs;

/** Returns the CPU time of one verification in microseconds, of the daemons and of the PostgreSQL server, if there is one. */
async function cpuOf(targets, server, seconds) {
  const daemons = () => targets.reduce((all, { pid }) => all + cpuTimeOf(pid), 0);
  const database = () => (server === undefined ? 0 : cpuTimeOfServer(server));
  const before = [daemons(), database()];
  const measured = await Promise.all(targets.map(({ port, requests }) => slice({ port, requests, seconds })));
  const count = measured.reduce((all, { responses }) => all + responses, 0);
  const after = [daemons(), database()];
  return { daemonUs: ((after[0] - before[0]) / count) * 1000, databaseUs: ((after[1] - before[1]) / count) * 1000 };
}
