import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createVerification, type Verification } from '../../../server/domain/tokens/verify.ts';
import { openStore } from '../../../server/store/open.ts';
import type { AppKey } from '../../../server/store/records.ts';
import type { Store } from '../../../server/store/store.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { deleteApp, issueGated, registerApp } from '../../helpers/gate/gated.ts';
import { isFullLength } from '../../helpers/length.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';
import { nextId, noon } from '../../store/contract/records.ts';
import { createTicks, createTimeline } from './timeline.ts';

const engines = useEngines(patientTimes);

const [rounds, changes] = isFullLength ? [10, 60] : [3, 25];
const host = 'raced.example.com';
const name = 'raced';

/** Returns a number below `limit`. Each seed has a sequence of its own, so that a failure can be repeated. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed + 1;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

/** Changes apps through one store or the other. Each state of an app has a group that no other state has. */
function createChanger(stores: readonly Store[], random: (limit: number) => number) {
  const tick = createTicks();
  /** What verification finds under each key: the group of the app, or null if there is none. */
  const facts = { name: createTimeline<string | null>(tick, null), host: createTimeline<string | null>(tick, null) };
  let app: { id: string; changedAt: number; hasHost: boolean } | null = null;
  let made = 0;

  async function change(): Promise<void> {
    const store = stores[random(stores.length)] as Store;
    made += 1;
    const group = `g${made}`;
    const hasHost = random(3) > 0;
    const hosts = hasHost ? [host] : [];
    const become = (byName: string | null, byHost: string | null, work: () => Promise<unknown>) =>
      facts.name.become(byName, () => facts.host.become(byHost, work));
    if (app === null) {
      await become(group, hasHost ? group : null, async () => {
        const { id } = await registerApp(store, name, { groups: [group], hosts });
        app = { id, changedAt: noon, hasHost };
      });
    } else if (random(4) === 0) {
      const { id } = app;
      app = null;
      await become(null, null, () => deleteApp(store, id));
    } else {
      const { id, changedAt } = app;
      app = { id, changedAt: changedAt + 1, hasHost };
      await become(group, hasHost ? group : null, () =>
        store.transaction((store) => store.apps.edit(id, { groups: [group], hosts, changedAt: changedAt + 1 })),
      );
    }
  }
  return { tick, facts, change };
}

/** Returns the group of the app that decides about a request, or null if there is no such app. */
async function groupOf(node: Verification, value: string, app: AppKey): Promise<string | null> {
  const verdict = await node.verifyRequest(value, { app, method: 'GET', path: '/', ip: null });
  return ('app' in verdict ? verdict.app?.groups[0] : undefined) ?? null;
}

async function groupForPreflight(node: Verification, app: AppKey): Promise<string | null> {
  return (await node.findApp(app))?.groups[0] ?? null;
}

describe.each(Object.entries(engines))('on %s', (engine, openOne) => {
  /** Opens two stores on one database, as two nodes have them. */
  async function openTwo(): Promise<Store[]> {
    const opened = await openOne();
    const second = await openStore(engine === 'SQLite' ? `sqlite:${opened.path}` : opened.path);
    onTestFinished(async () => {
      await second.close();
      await opened.close();
    });
    return [opened.store, second];
  }

  it('never verifies with an app as it was before an acknowledged change, at any of two nodes', async () => {
    const stores = await openTwo();
    const context = { now: Date.now(), ssoLoginMaxAgeMs: null, maxIdleMs: null };
    const nodes = stores.map((store) => createVerification(store, () => context));
    const { value } = await issueGated(stores[0] as Store);
    // Five of seven questions are verifications with a token, and two are preflights.
    const ask = Array.from({ length: 7 }, (_, index) => {
      const node = nodes[index % 2] as Verification;
      return index < 5 ? (app: AppKey) => groupOf(node, value, app) : (app: AppKey) => groupForPreflight(node, app);
    });
    const seen = new Set<string | null>();
    for (let round = 0; round < rounds; round += 1) {
      const { tick, facts, change } = createChanger(stores, createRandom(round));
      let changing = true;

      async function read(first: number): Promise<void> {
        // The last three requests begin after all changes, and must see the final state.
        for (let turn = first, after = 0; after < 3; turn += 1) {
          after += Number(!changing);
          const key: AppKey = turn % 3 === 0 ? { kind: 'host', host } : { kind: 'name', name };
          const from = tick();
          const group = await ask[turn % ask.length]?.(key);
          expect(facts[key.kind].between(from, tick()), `round ${round}, ${key.kind}`).toContain(group);
          seen.add(group ?? null);
          await eventLoopTurn();
        }
      }
      async function changeAll(): Promise<void> {
        for (let count = 0; count < changes; count += 1) {
          await change();
          // Sometimes several verifications come between two changes, so that an app is in memory.
          for (let turns = count % 4; turns > 0; turns -= 1) await eventLoopTurn();
        }
      }
      const reading = Promise.all(Array.from({ length: 6 }, (_, first) => read(first)));
      await changeAll().finally(() => {
        changing = false;
      });
      await reading;
      const left = await stores[0]?.apps.findByName(name);
      if (left) await deleteApp(stores[0] as Store, left.id);
    }
    // Many states must have been seen, or there was no race.
    expect(seen.size).toBeGreaterThan(changes / 4);
  });

  it('changes apps concurrently at two nodes without a deadlock', async () => {
    const stores = await openTwo();
    const apps = await Promise.all(
      Array.from({ length: 4 }, (_, index) => registerApp(stores[index % 2] as Store, `app-${index}`)),
    );
    const edits = Array.from({ length: 40 }, (_, index) =>
      (stores[index % 2] as Store).transaction(async (store) => {
        const { id = '' } = apps[(index * 3) % 4] ?? {};
        await store.apps.lock(id);
        return store.apps.edit(id, { groups: [nextId()], hosts: [`h${index % 4}`], changedAt: noon + index });
      }),
    );
    const outcomes = (await Promise.allSettled(edits)).map((outcome) =>
      outcome.status === 'fulfilled' ? 'settled' : String(outcome.reason),
    );
    expect(new Set(outcomes)).toEqual(new Set(['settled']));
  });
});
