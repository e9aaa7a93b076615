import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../server/observability/metrics.ts';
import { auditActions } from '../shared/audit-actions.ts';
import { startTestServer } from './helpers/app/http.ts';
import { hasRealParts } from './helpers/peers/real-parts.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the metrics', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>;
  let exposed: string[];
  beforeAll(async () => {
    server = await startTestServer();
    const { body } = await server.send({ path: '/metrics', headers: [['Host', 'localhost']] });
    exposed = [...body.matchAll(/^# TYPE (tokensd_\w+) /gm)].map(([, name = '']) => name).sort();
  });
  afterAll(() => server.stop());

  it('are exactly those that the documentation lists', () => {
    const documented = [...read('docs/production.md').matchAll(/^\| `(tokensd_\w+)` \|/gm)].map(([, name]) => name);
    expect(documented.sort()).toEqual(exposed);
  });

  /** Returns the label names of each metric, after each metric has a value. */
  async function labelsOfAll(): Promise<Map<string, Set<string>>> {
    const metrics = createMetrics('0.0.0');
    metrics.collectProcessMetrics();
    metrics.registerGauges({
      backlog: async () => ({ pending: 1, dead: 1, oldestAt: 0 }),
      countExpiring: async () => [1, 2, 3],
      countOrphaned: async () => 1,
      now: () => 1,
      pendingLastUses: () => 1,
      deliveries: async () => ({ pending: 1, failed: 1 }),
    });
    metrics.countVerification('forward-auth', 'ok', 0);
    metrics.observeBatch(1);
    metrics.countResponse('GET', 200);
    metrics.countRefusal('queue-full');
    metrics.countEvent('token.created');
    metrics.countDatabaseError('unavailable');
    metrics.countWebhookAttempt('failed');
    const { text } = await metrics.expose();
    const labels = new Map<string, Set<string>>();
    for (const [, name = '', list = ''] of text.matchAll(/^([a-z]\w+)(?:\{(.*)\})? [^ ]+$/gm)) {
      labels.set(name, new Set([...list.matchAll(/(\w+)="/g)].map(([, label = '']) => label)));
    }
    return labels;
  }

  it('have the documented labels', async () => {
    const rows = [...read('docs/production.md').matchAll(/^\| `(tokensd_\w+)` \| (.*?) ?\|/gm)];
    const documented = rows.map(([, name, list = '']) => [
      name,
      [...list.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    ]);
    const labels = await labelsOfAll();
    const found = exposed.map((name) => [name, [...(labels.get(name) ?? labels.get(`${name}_count`) ?? [])]]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(found));
  });

  const dashboard = JSON.parse(read('examples/grafana/tokensd.json')) as {
    panels: Array<{ id: number; targets: Array<{ expr: string }> }>;
  };
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

  it('are all used by the Grafana dashboard, which uses no others', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const used = [...read('examples/grafana/tokensd.json').matchAll(/\btokensd_\w+/g)];
    const names = used.map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));
    expect([...new Set(names)].sort()).toEqual(exposed);
  });

  it.each(queries)('exist with each label and value in the query %s', async (expr) => {
    const labels = await labelsOfAll();
    const selectors = [...expr.matchAll(/\b([a-z]\w+)\{(.*?)\}/g)];
    expect(selectors.length).toBeGreaterThan(0);
    const by = [...expr.matchAll(/\bby \((\w+)\)/g)].map(([, label = '']) => label);
    for (const [, name = '', list = ''] of selectors) {
      const known = labels.get(name);
      expect(known, name).toBeDefined();
      const matchers = [...list.matchAll(/(\w+)=~?"([^"]*)"/g)].filter(([, label]) => label !== 'job');
      for (const label of [...by, ...matchers.map(([, label = '']) => label)])
        expect([...(known ?? [])]).toContain(label);
      const actions = matchers
        .filter(([, label]) => label === 'action')
        .flatMap(([, , value = '']) => value.split('|'));
      expect(auditActions).toEqual(expect.arrayContaining(actions));
    }
  });

  it('include those of the process once they are enabled', async () => {
    const metrics = createMetrics('0.0.0');
    metrics.collectProcessMetrics();
    const { text } = await metrics.expose();
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'])
      expect(text).toContain(name);
  });
});

describe.skipIf(!hasRealParts('systemd-analyze'))('the systemd units', () => {
  const directory = join(root, 'examples/systemd');
  const unit = join(directory, 'tokensd.service');

  it('have an exposure level of at most 1.5', () => {
    const report = execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=15', unit], {
      encoding: 'utf8',
    });
    expect(report).toContain('Overall exposure level');
  });

  it('have no setting that systemd does not know', () => {
    const units = ['tokensd.socket', 'tokensd-internal.socket'].map((name) => join(directory, name));
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit, ...units], { encoding: 'utf8' });
    // Ignore messages about other files, such as a missing Node binary.
    expect(stderr.split('\n').filter((line) => /tokensd\S*\.(?:service|socket):/.test(line))).toEqual([]);
  });
});
