import { describe, expect, it, onTestFinished } from 'vitest';
import { type Fields, send } from '../../helpers/app/http.ts';
import { valuesOf } from '../../helpers/gate/apps.ts';
import { gateProxies, openGate } from '../../helpers/gate/gate.ts';
import { startHaproxy, startNginx } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const targets = { daemonUrl: 'http://127.0.0.1:1', upstreamUrl: 'http://127.0.0.1:1' };
const maps = 'include /etc/nginx/tokensd/maps.conf;\n';

describe.skipIf(!hasRealParts('nginx'))('nginx', () => {
  it.each([
    ['maps.conf beside nginx.conf', 'nginx.conf', (text: string) => maps + text],
    ['maps.conf twice', 'nginx-apps.conf', (text: string) => maps + text],
    ['two configurations that include maps.conf', 'nginx-apps.conf', (text: string) => text + text],
  ])('does not start with %s', async (_what, example, edit) => {
    await expect(startNginx({ ...targets, example, edit })).rejects.toThrow(/duplicate|conflicting/);
  });

  it('starts with two configurations of which one includes maps.conf', async () => {
    const rename = (text: string) =>
      text.replace(maps, '').replaceAll('.example.com', '.example.org').replace(' default_server', '');
    const running = await startNginx({ ...targets, example: 'nginx-apps.conf', edit: (text) => text + rename(text) });
    await running.stop();
  });

  it('limits bodies in location /, if an operator sets a limit there', async () => {
    const nginx = gateProxies.find(({ name }) => name === 'nginx');
    if (nginx === undefined) throw new Error('There is no nginx.');
    const edit = (text: string) => text.replace('client_max_body_size 0;', 'client_max_body_size 1m;');
    const gate = await openGate(nginx, { edit });
    onTestFinished(gate.stop);
    const upload = async (bytes: number) => {
      const headers = { Authorization: `Bearer ${gate.token.value}` };
      const response = await fetch(`${gate.url}/upload`, { method: 'POST', headers, body: Buffer.alloc(bytes) });
      return response.status;
    };
    expect([await upload(1_000_000), await upload(1_500_000)]).toEqual([200, 413]);
  });
});

it.skipIf(!hasRealParts('haproxy'))('HAProxy does not start without its script', async () => {
  const edit = (text: string) => text.replace('/etc/haproxy/haproxy.lua', '/etc/haproxy/no.lua');
  await expect(startHaproxy({ ...targets, edit })).rejects.toThrow(/no\.lua/);
});

describe.each(gateProxies.filter(({ skip }) => !skip))('$name with the shipped configuration', (gateProxy) => {
  it('passes on or removes other headers that begin with X-Auth, as the documentation says', async () => {
    const gate = await openGate(gateProxy);
    onTestFinished(gate.stop);
    const others: Fields = [
      ['X-Auth-Request-Email', 'a'],
      ['X-Auth-Token', 'b'],
      ['X-Auth-Key', 'c'],
    ];
    const own = ['Authorization', `Bearer ${gate.token.value}`] as const;
    const { status, body } = await send(gate.proxy.port, { headers: [own, ...others] });
    const { headers } = JSON.parse(body) as { headers: Record<string, string> };
    const received = others.flatMap(([name]) => valuesOf(Object.entries(headers), name));
    expect([status, received]).toEqual([200, gateProxy.name === 'nginx' ? ['a', 'b', 'c'] : []]);
  });
});
