import { describe, expect, it, onTestFinished } from 'vitest';
import { openGate } from '../../helpers/gate/gate.ts';
import { startApache, startHaproxy } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const address = /http:\/\/127\.0\.0\.1:\d+\/verify\/forward-auth/;

/** Set-ups in which the script that verifies requests cannot do so. */
const failures: Array<[string, string, typeof startHaproxy, (text: string) => string]> = [
  ['haproxy', 'has no address of tokensd', startHaproxy, (text) => text.replace(address, 'nonsense')],
  [
    'haproxy',
    'has an address that does not verify',
    startHaproxy,
    (text) => text.replace(address, 'http://127.0.0.1:8420/healthz'),
  ],
  ['haproxy', 'is not called', startHaproxy, (text) => text.replace(/.*http-request lua.*/, '')],
  ['apache2', 'has no address of tokensd', startApache, (text) => text.replace(/.*SetEnvIf.*/, '')],
  [
    'apache2',
    'has an address that does not verify',
    startApache,
    (text) => text.replace(address, 'http://127.0.0.1:8420/healthz'),
  ],
  ['apache2', 'does not exist', startApache, (text) => text.replace('apache2/apache.lua', 'apache2/no.lua')],
  ['apache2', 'has no such function', startApache, (text) => text.replace('apache.lua verify', 'apache.lua verified')],
];

describe('a proxy whose script', () => {
  it.each(failures)(
    '(in %s) %s denies every request, with an active token too',
    async (program, _what, start, edit) => {
      if (!hasRealParts(program)) return;
      const gate = await openGate(
        { start },
        {
          edit: (text) => {
            expect(edit(text)).not.toBe(text);
            return edit(text);
          },
        },
      );
      onTestFinished(gate.stop);
      for (const headers of [
        {},
        { Authorization: `Token ${gate.token.value}` },
        { 'X-Auth-User': 'root@example.com' },
      ]) {
        const { status } = await fetch(`${gate.url}/builds/42`, { headers });
        expect([500, 503]).toContain(status);
      }
      expect(gate.api.requests).toEqual([]);
    },
  );
});
