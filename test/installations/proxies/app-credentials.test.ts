import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Fields, send, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { type AppName, type Apps, apps, holds, startApps, valuesOf } from '../../helpers/gate/apps.ts';
import { gateProxies } from '../../helpers/gate/gate.ts';
import type { Running } from '../../helpers/peers/proxies.ts';

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

/** The forms of a token: the field that carries it, and its value. */
const forms: Record<string, { field: string; of(value: string): string }> = {
  Token: { field: 'Authorization', of: (value) => `Token ${value}` },
  Bearer: { field: 'Authorization', of: (value) => `Bearer ${value}` },
  Basic: { field: 'Authorization', of: (value) => basic(`ada:${value}`) },
  'Basic with the token as user name': { field: 'Authorization', of: (value) => basic(`${value}:`) },
  'X-API-Key': { field: 'X-API-Key', of: (value) => value },
  'X-Tokens-Authorization': { field: 'X-Tokens-Authorization', of: (value) => value },
  'X-Tokens-Authorization with a scheme': { field: 'x-tokens-authorization', of: (value) => `Bearer ${value}` },
};
const cases = Object.entries(forms).flatMap(([form, how]) =>
  (Object.keys(apps) as AppName[]).map((app) => ({ form, app, ...how })),
);

/** Credentials of apps, including characters that mean something in a configuration. */
const foreignValues = [
  'Digest username="Mufasa", realm="a, b", nonce="dcd98b", uri="/dir;%20x", response="6629fae4"',
  'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=5d67',
  'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
  '$http_host {http.request.host} %[src] %{ENV:x} \\1 "quoted" \'single\'  two  spaces',
  'caf\u00e9 \u00ff',
  `Bearer ${'x'.repeat(4_000)}`,
];

/** Returns the status, and what the app receives of two fields of one name. */
function expectedOfTwo(proxy: string, field: string): [number, string[][]] {
  const [first, second] = ['first of the app', 'second of the app'];
  if (proxy === 'Apache') return [200, [[`${first}, ${second}`]]];
  if (proxy !== 'nginx') return [200, [[first, second]]];
  // nginx 1.22. Later versions join the values of X-API-Key with a comma.
  return field === 'Authorization' ? [400, []] : [200, [[first]]];
}

for (const { name, start, skip } of gateProxies) {
  describe.skipIf(skip)(
    `${name} with the shipped configuration, in front of apps with credentials of their own`,
    () => {
      let daemon: TestServer;
      let upstream: Apps;
      let proxy: Running;
      let value: string;
      beforeAll(async () => {
        daemon = await startTestServer();
        upstream = await startApps();
        proxy = await start({ daemonUrl: `http://127.0.0.1:${daemon.port}`, upstreamUrl: upstream.url });
        value = (await daemon.issue('of a script')).value;
      });
      beforeEach(() => {
        upstream.requests.length = 0;
      });
      afterAll(async () => {
        await proxy.stop();
        await upstream.stop();
        await daemon.stop();
      });

      const ask = (path: string, headers: Fields) => send(proxy.port, { path, headers });

      it.each(cases)('never passes a token in $form on to $app, whose own credential arrives', async (one) => {
        const { field, credential } = apps[one.app];
        const isFree = one.field.toLowerCase() !== field.toLowerCase();
        const token = [one.field, one.of(value)] as const;
        for (const headers of [
          [token, [field, credential] as const],
          [[field, credential] as const, token],
        ]) {
          const { status } = await ask(`/${one.app}/api`, isFree ? headers : [token]);
          expect(status).toBe(isFree ? 200 : 401);
        }
        expect(upstream.requests).toHaveLength(2);
        for (const request of upstream.requests) {
          expect(holds(request, value)).toBe(false);
          expect(valuesOf(request.fields, field).join()).toBe(isFree ? credential : '');
          expect(valuesOf(request.fields, 'X-Auth-User')).toEqual(['dev@example.com']);
          const own = request.fields
            .map(([name]) => name)
            .filter((name) => /^x.tokens.(credential|authorization)$/i.test(name));
          expect(own).toEqual([]);
        }
      });

      it.each(foreignValues)('passes the credential of an app on byte for byte: %s', async (foreign) => {
        const own = ['X-Tokens-Authorization', value] as const;
        const requests: Fields[] = [
          [own, ['Authorization', foreign], ['X-Api-Key', foreign]],
          [
            ['Authorization', foreign],
            ['X-API-Key', value],
          ],
          [
            ['Authorization', `Bearer ${value}`],
            ['X-Api-Key', foreign],
          ],
        ];
        for (const headers of requests) expect((await ask('/a', headers)).status).toBe(200);
        const received = upstream.requests.map(({ fields }) =>
          ['Authorization', 'X-Api-Key'].map((field) => valuesOf(fields, field).join('|')),
        );
        expect(received).toEqual([
          [foreign, foreign],
          [foreign, ''],
          ['', foreign],
        ]);
      });

      it.each(['X-Api-Key', 'Authorization'] as const)(
        'takes two foreign fields %s beside X-Tokens-Authorization as the documentation says',
        async (field) => {
          const twice: Fields = [
            [field, 'first of the app'],
            ['X-Tokens-Authorization', value],
            [field, 'second of the app'],
          ];
          const { status } = await ask('/a', twice);
          const received = upstream.requests.map(({ fields }) => valuesOf(fields, field));
          expect([status, received]).toEqual(expectedOfTwo(name, field));
          for (const request of upstream.requests) {
            expect(holds(request, value)).toBe(false);
            expect(valuesOf(request.fields, 'X-Tokens-Authorization')).toEqual([]);
          }
        },
      );

      it('rejects tokens in two fields, whatever else the request holds, and asks no app', async () => {
        const token = `Bearer ${value}`;
        const requests: Fields[] = [
          [
            ['Authorization', token],
            ['X-API-Key', value],
          ],
          [
            ['Authorization', token],
            ['Authorization', apps.grafana.credential],
          ],
          [
            ['X-API-Key', value],
            ['X-API-Key', apps.immich.credential],
          ],
          [
            ['X-Tokens-Authorization', value],
            ['X-Tokens-Authorization', value],
          ],
          [
            ['X-Tokens-Authorization', 'nonsense'],
            ['Authorization', token],
          ],
        ];
        for (const headers of requests) expect([400, 401]).toContain((await ask('/a', headers)).status);
        expect(upstream.requests).toEqual([]);
      });

      it('rejects the credential of an app alone, and passes no field that would count as ours', async () => {
        const { credential } = apps.grafana;
        const { status, body } = await ask('/grafana/api', [['Authorization', credential]]);
        expect([status, JSON.parse(body)]).toEqual([401, { detail: 'Invalid token.' }]);
        const forged: Fields = [
          ['X-Tokens-Credential', 'x-api-key'],
          ['X_Tokens_Credential', 'x-api-key'],
          ['X_Tokens_Authorization', value],
        ];
        expect((await ask('/a', [['Authorization', `Bearer ${value}`], ...forged])).status).toBe(200);
        expect(upstream.requests.map((request) => holds(request, value))).toEqual([false]);
      });
    },
  );
}
