import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Check } from '../../../cli/commands/doctor/check.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { openTestCli, type TestCli } from '../../helpers/cli/cli.ts';
import { registerApp } from '../../helpers/gate/gated.ts';
import { startPeopleGate } from '../../helpers/gate/people-gates.ts';
import { type PeopleSetup, peopleSetups } from '../../helpers/gate/people-setups.ts';
import { startApache, startCaddy, startHaproxy, startNginx, startUpstream } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

/** Every shipped configuration, and the gate for people that it asks. */
const shipped: Array<Pick<PeopleSetup, 'example' | 'start'> & Partial<PeopleSetup> & { program: string }> = [
  ...['nginx.conf', 'nginx-apps.conf'].map((example) => ({ program: 'nginx', example, start: startNginx })),
  ...['Caddyfile', 'Caddyfile-apps'].map((example) => ({ program: 'caddy', example, start: startCaddy })),
  ...['haproxy.cfg', 'haproxy-apps.cfg'].map((example) => ({ program: 'haproxy', example, start: startHaproxy })),
  ...['apache.conf', 'apache-apps.conf'].map((example) => ({ program: 'apache2', example, start: startApache })),
  ...peopleSetups.map((setup) => ({ ...setup, program: setup.proxy })),
];

describe('tokens doctor proxy', () => {
  let daemon: TestServer;
  let upstream: Awaited<ReturnType<typeof startUpstream>>;
  let cli: TestCli;
  let token: string;
  beforeAll(async () => {
    daemon = await startTestServer();
    await registerApp(daemon.store, 'grafana');
    upstream = await startUpstream();
    cli = await openTestCli();
    token = (await daemon.issue('doctor')).value;
  });
  afterAll(async () => {
    await cli.close();
    await upstream.stop();
    await daemon.stop();
  });

  it.each(shipped)('finds no hole in $example', async ({ program, example, start, stands, address = '' }) => {
    if (!hasRealParts(program)) return;
    const people = stands === undefined ? null : await startPeopleGate(stands);
    onTestFinished(async () => people?.stop());
    const running = await start({
      daemonUrl: `http://127.0.0.1:${daemon.port}`,
      upstreamUrl: upstream.url,
      example,
      ...(people !== null && { others: { [address]: people.url } }),
      // The command asks for the host in the address.
      edit: (text) => text.replaceAll('grafana.example.com', '127.0.0.1'),
    });
    onTestFinished(() => running.stop());
    for (const stdin of ['', token]) {
      const url = `http://127.0.0.1:${running.port}/builds/42`;
      const { code, stdout } = await cli.run(['doctor', 'proxy', url, '--json'], { stdin });
      const results = (JSON.parse(stdout) as Check[]).map(({ check, result, detail }) => [check, result, detail]);
      expect(results.filter(([, result]) => result === 'failed')).toEqual([]);
      expect(code).toBe(0);
      if (stdin !== '') expect(results.filter(([, result]) => result !== 'passed')).toEqual([]);
    }
  });
});
