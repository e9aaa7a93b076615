import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Gate, gateProxies, openGate } from '../../helpers/gate/gate.ts';
import { issueGated, registerApp } from '../../helpers/gate/gated.ts';

const preflight = { Origin: 'https://app.example.com', 'Access-Control-Request-Method': 'DELETE' };

for (const gateProxy of gateProxies) {
  const { name, skip } = gateProxy;
  describe.skipIf(skip)(`${name} in front of an app that lets preflights pass`, () => {
    let gate: Gate;
    beforeAll(async () => {
      gate = await openGate(gateProxy, {
        edit: (text) => text.replace(/\/verify\/(?=\w+-\w+;?$)/m, '/verify/apps/pages/'),
      });
      await registerApp(gate.daemon.store, 'pages', { preflight: 'pass' });
    });
    beforeEach(() => {
      gate.api.requests.length = 0;
    });
    afterAll(() => gate.stop());

    const statusOf = async (method: string, headers: Record<string, string>) => {
      const response = await fetch(`${gate.url}/builds/42`, { method, headers });
      return response.status;
    };

    it('lets the API respond to a preflight, without an identity', async () => {
      const forged = { 'X-Auth-User': 'root@example.com', 'X-Auth-Superuser': 'true' };
      const response = await fetch(`${gate.url}/builds/42`, {
        method: 'OPTIONS',
        headers: { ...preflight, ...forged },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe(preflight.Origin);
      const identity = Object.entries(gate.api.requests[0]?.headers ?? {}).filter(([field]) =>
        field.startsWith('x-auth'),
      );
      expect(identity.filter(([, value]) => value !== '')).toEqual([]);
    });

    it('verifies a preflight that carries a token', async () => {
      const headers = { ...preflight, Authorization: `Bearer ${gate.token.value}` };
      expect(await statusOf('OPTIONS', headers)).toBe(204);
      expect(gate.api.requests[0]?.headers['x-auth-user']).toBe('dev@example.com');
      expect(JSON.stringify(gate.api.requests)).not.toContain(gate.token.value);
      const { value } = await issueGated(gate.daemon.store, { apps: [] });
      expect(await statusOf('OPTIONS', { ...preflight, Authorization: `Bearer ${value}` })).toBe(403);
    });

    it.each<[string, string, Record<string, string>]>([
      ['an OPTIONS without Origin', 'OPTIONS', { 'Access-Control-Request-Method': 'DELETE' }],
      ['an OPTIONS without Access-Control-Request-Method', 'OPTIONS', { Origin: 'https://app.example.com' }],
      ['an OPTIONS with nothing', 'OPTIONS', {}],
      ['an OPTIONS with an empty Origin', 'OPTIONS', { ...preflight, Origin: '' }],
      ['a GET with the headers of a preflight', 'GET', preflight],
      ['a DELETE with the headers of a preflight', 'DELETE', preflight],
      [
        'a POST with the headers of a preflight and a method override',
        'POST',
        { ...preflight, 'X-HTTP-Method-Override': 'OPTIONS' },
      ],
      [
        'a GET with a forged original method',
        'GET',
        { ...preflight, 'X-Original-Method': 'OPTIONS', 'X-Forwarded-Method': 'OPTIONS' },
      ],
    ])('still rejects %s', async (_what, method, headers) => {
      expect(await statusOf(method, headers)).toBe(401);
      expect(gate.api.requests).toEqual([]);
    });

    it('still verifies the request that follows the preflight', async () => {
      const origin = { Origin: preflight.Origin };
      expect(await statusOf('DELETE', { ...origin, Authorization: `Bearer ${gate.token.value}` })).toBe(200);
      expect(gate.api.requests[0]?.headers['x-auth-user']).toBe('dev@example.com');
      expect(await statusOf('DELETE', { ...origin, Authorization: 'Bearer nonsense' })).toBe(401);
    });
  });
}
