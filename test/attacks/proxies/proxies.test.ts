import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../cli/commands/doctor/check.ts';
import { generateToken } from '../../../server/domain/secrets.ts';
import type { Fields } from '../../helpers/app/http.ts';
import { openTestCli } from '../../helpers/cli/cli.ts';
import { startCaddy, startNginx } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { clientAddress, identityIn, openBehind, type RawRequest, type Reached } from './behind-proxy.ts';

const intruder = 'intruder@example.com';
const names = ['User', 'User-Id', 'User-Name', 'Token-Id', 'Token-Name', 'Token-Prefix', 'Superuser'];

const forged = (spell: (name: string) => string): Fields =>
  names.map((name) => [spell(`X-Auth-${name}`), name === 'Superuser' ? 'true' : intruder]);

interface Attack extends RawRequest {
  /** Whether it is a request that a good token lets through; yes, unless told otherwise. */
  passes?: boolean;
}

const attacks: Record<string, Attack> = {
  'X-Auth-* with dashes': { fields: forged((name) => name) },
  'X_Auth_* with underscores': { fields: forged((name) => name.replaceAll('-', '_')) },
  'X-Auth_* with both': { fields: forged((name) => name.replace('-Auth-', '-Auth_')) },
  'X_Auth-* with both': { fields: forged((name) => name.replace('X-', 'X_')) },
  'x-auth-* in small letters': { fields: forged((name) => name.toLowerCase()) },
  'x_auth_* in small letters': { fields: forged((name) => name.toLowerCase().replaceAll('-', '_')) },
  'X-AUTH-* in capitals': { fields: forged((name) => name.toUpperCase()) },
  'X_AUTH_* in capitals': { fields: forged((name) => name.toUpperCase().replaceAll('-', '_')) },
  'X-Auth-* twice each': { fields: [...forged((name) => name), ...forged((name) => name)] },
  'X-Forwarded-*': {
    fields: [
      ['X-Forwarded-For', '6.6.6.6'],
      ['X-Forwarded-Host', 'evil.example.com'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Method', 'OPTIONS'],
      ['X-Forwarded-Uri', '/healthz'],
      ['X_Forwarded_For', '6.6.6.6'],
      ['X_Forwarded_Uri', '/healthz'],
    ],
  },
  'X-Original-*': {
    fields: [
      ['X-Original-URI', '/healthz'],
      ['X-Original-URL', 'http://evil.example.com/healthz'],
      ['X-Original-Method', 'OPTIONS'],
      ['X_Original_URI', '/healthz'],
      ['X-Rewrite-URL', '/healthz'],
      ['X-HTTP-Method-Override', 'OPTIONS'],
    ],
  },
  'Forwarded and X-Real-IP': {
    fields: [
      ['Forwarded', 'for=6.6.6.6;host=evil.example.com;proto=https'],
      ['X-Real-IP', '6.6.6.6'],
      ['True-Client-IP', '6.6.6.6'],
    ],
  },
  'loopback as X-Forwarded-For': {
    fields: [
      ['X-Forwarded-For', '6.6.6.6, 127.0.0.1, ::1'],
      ['X-Forwarded-For', '127.0.0.1'],
    ],
  },
  '10,000 addresses as X-Forwarded-For': {
    fields: [['X-Forwarded-For', Array(10_000).fill('6.6.6.6').join(', ')]],
    passes: false,
  },
  '900 addresses as X-Forwarded-For': { fields: [['X-Forwarded-For', Array(900).fill('6.6.6.6').join(',')]] },
  'X-Forwarded-For declared hop-by-hop': {
    fields: [
      ['X-Forwarded-For', '6.6.6.6'],
      ['Connection', 'close, X-Forwarded-For, X-Forwarded-Uri, X-Forwarded-Method, X-Original-URI, X-Original-Method'],
    ],
  },
  'the identity declared hop-by-hop': {
    fields: [['Connection', `close, ${names.map((name) => `X-Auth-${name}`).join(', ')}`]],
  },
  'the identity declared hop-by-hop in small letters and several fields': {
    fields: [['Connection', 'close'], ...names.map((name) => ['Connection', `x-auth-${name.toLowerCase()}`] as const)],
  },
  'Authorization declared hop-by-hop': { fields: [['Connection', 'close, Authorization']], passes: false },
  'the absolute form': { target: 'http://api.example.com/builds/42' },
  'the absolute form of another host': { target: 'http://evil.example.com/builds/42' },
  'two Hosts': { fields: [['Host', 'evil.example.com']], passes: false },
  'Transfer-Encoding beside Content-Length': {
    fields: [
      ['Transfer-Encoding', 'chunked'],
      ['Content-Length', '5'],
    ],
    body: '0\r\n\r\n',
    passes: false,
  },
  'a request smuggled behind Content-Length': {
    method: 'POST',
    fields: [
      ['Content-Length', '6'],
      ['Transfer-Encoding', 'chunked'],
    ],
    body: `0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\nX-Auth-User: ${intruder}\r\n\r\n`,
    passes: false,
  },
  'a request smuggled behind an obscured Transfer-Encoding': {
    method: 'POST',
    fields: [
      ['Content-Length', '4'],
      ['Transfer-Encoding', 'xchunked'],
    ],
    body: `0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\nX-Auth-User: ${intruder}\r\n\r\n`,
    passes: false,
  },
  'a path of two slashes': { target: '//builds/42' },
  'a path that climbs': { target: '/public/../builds/42' },
  'a path that climbs in code': { target: '/public/%2e%2e/builds/42' },
  'a path with an encoded slash': { target: '/public/..%2fbuilds%2F42' },
  'a path with parameters': { target: '/builds;/42;jsessionid=1' },
  'a path to the proxy’s own question': { target: '/_tokensd', passes: false },
  'a path to the proxy’s own question in code': { target: '/%5ftokensd', passes: false },
  'a path to the daemon’s routes': { target: '/verify/auth-request?x=/healthz' },
};

const proxies = [
  { name: 'nginx', start: startNginx, skip: !hasRealParts('nginx') },
  { name: 'Caddy', start: startCaddy, skip: !hasRealParts('caddy') },
];

for (const { name, start, skip } of proxies) {
  describe.skipIf(skip)(`behind ${name} with the shipped configuration, whoever sends`, () => {
    let behind: Awaited<ReturnType<typeof openBehind>>;
    let good: { id: string; value: string; identity: Record<string, string[]> };

    beforeAll(async () => {
      behind = await openBehind(start);
      const { token, value } = await behind.daemon.issue('the good one');
      good = {
        id: token.id,
        value,
        identity: {
          'x-auth-user': ['dev@example.com'],
          'x-auth-user-id': [behind.daemon.dev.id],
          'x-auth-token-id': [token.id],
          'x-auth-token-name': ['the%20good%20one'],
          'x-auth-token-prefix': [token.prefix],
          'x-auth-superuser': ['false'],
        },
      };
    });
    afterAll(() => behind.stop());

    async function expectRefused(request: RawRequest, expected: number[]) {
      const { status, answer, reached } = await behind.send(request);
      expect(reached).toEqual([]);
      expect(answer).not.toContain('the API');
      expect(expected).toContain(status);
    }

    function expectIdentity(reached: Reached[]) {
      for (const one of reached) {
        // An empty value may be left out.
        const { 'x-auth-user-name': userName = [''], ...identity } = identityIn(one);
        expect({ userName, identity }).toEqual({ userName: [''], identity: good.identity });
        expect(one.target).not.toBe('/smuggled');
        expect(JSON.stringify(one)).not.toContain(intruder);
        expect(JSON.stringify(one)).not.toContain(good.value);
      }
    }

    describe.each(Object.entries(attacks))('%s', (_, { passes = true, ...attack }) => {
      // A message that must be refused as such may be, before anybody asks who it is from.
      const refusals = passes ? [401] : [400, 401, 404, 501];

      it('is refused without a token, and the API never hears of it', async () => {
        await expectRefused(attack, refusals);
      });

      it('is refused with a bad token, and the API never hears of it', async () => {
        await expectRefused(withField(attack, 'Authorization', 'Token nonsense'), refusals);
        await expectRefused(withField(attack, 'X-API-Key', generateToken('tok').reveal()), refusals);
      });

      it(`is ${passes ? '' : 'at most '}the owner of a good token to the API, and nobody else`, async () => {
        const { status, reached } = await behind.send(withField(attack, 'Authorization', `Token ${good.value}`));
        if (passes) expect([status, reached.length]).toEqual([200, 1]);
        expectIdentity(reached);
      });

      if (!passes) return;
      it('leaves the true address, method and path as the last use', async () => {
        await behind.send(withField(attack, 'X-API-Key', good.value));
        const path = (attack.target ?? '/builds/42').replace(/^http:..[^/]+/, '').replace(/[?].*/, '');
        expect(await behind.lastUse(good.id)).toMatchObject({ ip: clientAddress, method: 'GET', path });
      });
    });

    it('what `tokens doctor proxy` sends finds no hole, with a token and without', async () => {
      const cli = await openTestCli();
      const url = `http://127.0.0.1:${behind.port}/builds/42`;
      for (const stdin of ['', good.value]) {
        const ran = await cli.run(['doctor', 'proxy', url, '--json'], { stdin });
        const results = (JSON.parse(ran.stdout) as Check[]).map(({ check, result, detail }) => [check, result, detail]);
        expect(results.filter(([, result]) => result === 'failed')).toEqual([]);
        // The API here does not show what it was told.
        expect(results.filter(([, result]) => result === 'passed')).toHaveLength(stdin === '' ? 15 : 16);
        expect(ran.code).toBe(0);
      }
      await cli.close();
    });

    it('an identity under any spelling of the seven names is not heard', { timeout: 60_000 }, async () => {
      const spelling = fc
        .tuple(fc.constantFrom(...names), fc.infiniteStream(fc.boolean()), fc.infiniteStream(fc.boolean()))
        .map(([which, flips, underscores]) =>
          [...`x-auth-${which.toLowerCase()}`]
            .map((c) => (c === '-' && underscores.next().value ? '_' : flips.next().value ? c.toUpperCase() : c))
            .join(''),
        );
      await fc.assert(
        fc.asyncProperty(fc.array(spelling, { minLength: 1, maxLength: 20 }), async (spelled) => {
          const fields: Fields = spelled.map((field) => [field, intruder]);
          await expectRefused({ fields }, [401]);
          const { status, reached } = await behind.send({ fields: [...fields, ['X-API-Key', good.value]] });
          expect([status, reached.length]).toEqual([200, 1]);
          expectIdentity(reached);
        }),
        { numRuns: 100 },
      );
    });
  });
}

function withField(request: RawRequest, name: string, value: string): RawRequest {
  return { ...request, fields: [...(request.fields ?? []), [name, value]] };
}
