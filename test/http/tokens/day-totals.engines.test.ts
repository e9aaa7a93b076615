import { beforeAll, describe, expect, it } from 'vitest';
import { createDayTotals } from '../../../server/domain/tokens/usage/day-totals.ts';
import { createPurge } from '../../../server/jobs/purge.ts';
import type { OrganizationDay } from '../../../server/store/records.ts';
import { limits } from '../../../shared/limits.ts';
import { createToken, openTestApp, type TestApp, verdict } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { failingStore } from '../../helpers/faults/failing-store.ts';

const dayMs = 24 * 60 * 60 * 1000;
const engines = useEngines();

describe.each(['SQLite', 'PostgreSQL'] as const)('the totals of days on %s', (engine) => {
  let app: Awaited<ReturnType<typeof openTestApp>>;
  let other: TestApp;
  beforeAll(async () => {
    app = await openTestApp({}, engines[engine]());
    other = app.restart({});
    return app.close;
  });

  const today = () => Math.floor(app.clock.now() / dayMs);
  const totals = () => app.store.usage.daysSince(0);
  const flush = (...nodes: TestApp[]) => Promise.all(nodes.map(({ services }) => services.dayTotals.flush()));

  it('count the verifications of all nodes, and no value that tokensd did not issue', async () => {
    const { token, id } = await createToken(app, app.dev, { name: 'shared' });
    const unknown = `${token.slice(0, -6)}AAAAAA`;
    for (const node of [app, other, other]) {
      expect(await verdict(node, token)).toBe(200);
      expect(await verdict(node, unknown)).not.toBe(200);
      expect((await node.ask('/verify/auth-request')).status).not.toBe(200);
    }
    await app.ask(`/api/v1/tokens/${id}/pause`, { as: app.dev, json: {} });
    expect(await verdict(other, token)).toBe('paused');
    await app.ask(`/api/v1/tokens/${id}`, { as: app.dev, method: 'DELETE' });
    expect(await verdict(other, token)).toBe('revoked');
    await flush(app, other);
    await flush(app, other);
    expect(await totals()).toEqual([{ day: today(), allowed: 3, denied: 2 }]);
  });

  it('count each verification on its day, once, however often a flush fails', async () => {
    const before = await totals();
    const failures: Array<'before' | 'after' | null> = ['before', 'after', null, 'after', 'before', null, null];
    const counted = createDayTotals({ ...app, store: failingStore(app.store, failures), writerId: `flaky ${engine}` });
    const added: OrganizationDay[] = [];
    for (let round = 1; failures.length > 0; round += 1) {
      for (let use = 0; use < round; use += 1) counted.count(true);
      counted.count(false);
      added.push({ day: today(), allowed: round, denied: 1 });
      await counted.flush().catch(() => {});
      app.clock.advance(dayMs / 2);
    }
    await counted.flush();
    const sums = new Map<number, OrganizationDay>();
    for (const { day, allowed, denied } of [...before, ...added]) {
      const sum = sums.get(day) ?? { day, allowed: 0, denied: 0 };
      sums.set(day, { day, allowed: sum.allowed + allowed, denied: sum.denied + denied });
    }
    expect(await totals()).toEqual([...sums.values()]);
    expect(sums.size).toBeGreaterThan(2);
  });

  it('are kept for 400 days', async () => {
    const kept = await totals();
    const [first] = kept;
    const purge = () => createPurge({ ...app, ...app.services }).run(new AbortController().signal);
    app.clock.advance((first?.day ?? 0) * dayMs + limits.organizationDayRetentionMs - app.clock.now());
    await purge();
    expect(await totals()).toEqual(kept);
    app.clock.advance(dayMs);
    await purge();
    expect(await totals()).toEqual(kept.slice(1));
  });
});
