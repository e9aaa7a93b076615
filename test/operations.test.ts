import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../server/metrics.ts';
import { startTestServer } from './helpers/http.ts';
import { hasRealParts } from './helpers/real-parts.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the metrics', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>;
  let exposed: string[];
  beforeAll(async () => {
    server = await startTestServer();
    const { body } = await server.send({ path: '/metrics' });
    exposed = [...body.matchAll(/^# TYPE (tokensd_\w+) /gm)].map(([, name = '']) => name).sort();
  });
  afterAll(() => server.stop());

  it('are all documented, and no others', () => {
    const documented = [...read('docs/operations.md').matchAll(/^\| `(tokensd_\w+)` \|/gm)].map(([, name]) => name);
    expect(documented.sort()).toEqual(exposed);
  });

  it('are what the Grafana dashboard asks for, and all of them', () => {
    const dashboard = read('examples/grafana/tokensd.json');
    const panels = (JSON.parse(dashboard) as { panels: Array<{ id: number }> }).panels;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const asked = [...dashboard.matchAll(/\btokensd_\w+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));
    expect([...new Set(asked)].sort()).toEqual(exposed);
  });

  it('tell of the process as well, once it is asked for', async () => {
    const metrics = createMetrics('0.0.0');
    metrics.watchProcess();
    const { text } = await metrics.expose();
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'])
      expect(text).toContain(name);
  });
});

describe.skipIf(!hasRealParts('systemd-analyze'))('the systemd unit', () => {
  it('gives the daemon next to nothing', () => {
    const unit = join(root, 'examples/systemd/tokensd.service');
    const report = execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit], {
      encoding: 'utf8',
    });
    expect(report).toContain('Overall exposure level');
  });
});
