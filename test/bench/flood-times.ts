import { loadavg } from 'node:os';
import { afterAll, beforeAll, it } from 'vitest';
import { prepareDaemon } from '../helpers/daemon/daemon.ts';
import { buildFloodPrograms, type FloodPrograms, measureFlood, startFloodTarget } from '../helpers/floods/floods.ts';
import { knownFloods, otherFloods } from '../helpers/floods/shapes.ts';
import { startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';

/** Seconds of each flood, and the part of a name that selects floods. */
const seconds = Number(process.env.FLOOD_SECONDS ?? 30);
const only = process.env.FLOOD_ONLY ?? '';
const engines = (process.env.FLOOD_ENGINES ?? 'sqlite,postgres').split(',');

let programs: FloodPrograms;
let postgres: TestPostgres;
beforeAll(async () => {
  programs = await buildFloodPrograms();
  if (engines.includes('postgres')) postgres = await startPostgres();
});
afterAll(async () => {
  await programs.remove();
  await postgres?.remove();
});

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, count) => all + count, 0);
const print = (line: string) => process.stdout.write(`${line}\n`);

it('prints how long responses take during each flood', { timeout: 7_200_000 }, async () => {
  print(
    '| flood | engine | responses/s (refused) | sent KB/s | verification p50 / p99 / max ms | other statuses | /readyz max ms | /me max ms | RSS MB | load |',
  );
  print('|---|---|--:|--:|--:|---|--:|--:|--:|--:|');
  for (const engine of engines) {
    for (const [name, shape] of Object.entries({ ...knownFloods, ...otherFloods })) {
      if (!name.includes(only)) continue;
      const env: Record<string, string> =
        engine === 'postgres' ? { TOKENSD_DATABASE_URL: await postgres.newDatabase() } : {};
      const { dataDir, remove } = await prepareDaemon(env);
      const { daemon, probes } = await startFloodTarget(dataDir, env);
      const { flood, verification, ready, member, ...memory } = await measureFlood(
        programs,
        daemon,
        shape,
        probes,
        seconds,
      );
      await daemon.stop('SIGKILL');
      await remove();
      const perSecond = (count: number) => Math.round(count / flood.seconds);
      const others = Object.entries(verification.statuses).filter(([status]) => status !== '200');
      const shown = ({ slowest, statuses }: typeof ready) => `${slowest} ${JSON.stringify(statuses)}`;
      print(
        `| ${[
          name,
          engine,
          `${perSecond(sum(flood.responses))} (${perSecond(flood.responses['503'] ?? 0)})`,
          Math.round(flood.sentBytes / flood.seconds / 1024),
          `${verification.p50} / ${verification.p99} / ${verification.slowest} (n=${verification.count})`,
          others.map(([status, count]) => `${status} × ${count}`).join(', ') || '–',
          shown(ready),
          shown(member),
          `${Math.round(memory.memoryBefore)} → ${Math.round(memory.memoryMax)}`,
          loadavg()[0]?.toFixed(1),
        ].join(' | ')} |`,
      );
    }
  }
});
