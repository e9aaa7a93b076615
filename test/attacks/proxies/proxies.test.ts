import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityNames } from '../../../cli/commands/doctor/advice.ts';
import type { Check } from '../../../cli/commands/doctor/check.ts';
import { generateToken } from '../../../server/domain/secrets.ts';
import type { Fields } from '../../helpers/app/http.ts';
import { openTestCli } from '../../helpers/cli/cli.ts';
import { type StartProxy, startApache, startCaddy, startHaproxy, startNginx } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import {
  clientAddress,
  identityIn,
  nameSeparators,
  openBehindProxy,
  type RawRequest,
  type Received,
} from './proxy-setup.ts';

const intruder = 'intruder@example.com';
const names = identityNames.map((name) => name.replace('X-Auth-', ''));

const forged = (spell: (name: string) => string): Fields =>
  names.map((name) => [spell(`X-Auth-${name}`), name === 'Superuser' ? 'true' : intruder]);

interface Attack extends RawRequest {
  /** Whether the proxy allows this request with an active token. The default is true. */
  passes?: boolean;
}

const attacks: Record<string, Attack> = {
  'X-Auth-* with dashes': { fields: forged((name) => name) },
  'X_Auth_* with underscores': { fields: forged((name) => name.replaceAll('-', '_')) },
  'X-Auth_* with mixed separators': { fields: forged((name) => name.replace('-Auth-', '-Auth_')) },
  'X_Auth-* with mixed separators': { fields: forged((name) => name.replace('X-', 'X_')) },
  'x-auth-* in lower case': { fields: forged((name) => name.toLowerCase()) },
  'x_auth_* in lower case': { fields: forged((name) => name.toLowerCase().replaceAll('-', '_')) },
  'X-AUTH-* in upper case': { fields: forged((name) => name.toUpperCase()) },
  'X_AUTH_* in upper case': { fields: forged((name) => name.toUpperCase().replaceAll('-', '_')) },
  'X-Auth-*, each twice': { fields: [...forged((name) => name), ...forged((name) => name)] },
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
  'X.Auth.* with dots': { fields: forged((name) => name.replaceAll('-', '.')) },
  'X-Auth.* with mixed separators': { fields: forged((name) => name.replace('-Auth-', '-Auth.')) },
  'X.Auth_* with mixed separators': { fields: forged((name) => name.replace('X-Auth-', 'X.Auth_')) },
  ...Object.fromEntries(
    nameSeparators.map((separator) => [
      `X${separator}Auth${separator}*`,
      { fields: forged((name) => name.replaceAll('-', separator)) },
    ]),
  ),
  'X-Auth-* declared hop-by-hop': {
    fields: [['Connection', `close, ${names.map((name) => `X-Auth-${name}`).join(', ')}`]],
  },
  'X-Auth-* declared hop-by-hop in lower case and in several Connection headers': {
    fields: [['Connection', 'close'], ...names.map((name) => ['Connection', `x-auth-${name.toLowerCase()}`] as const)],
  },
  'Authorization declared hop-by-hop': { fields: [['Connection', 'close, Authorization']], passes: false },
  'a target in absolute form': { target: 'http://api.example.com/builds/42' },
  'a target in absolute form with another host': { target: 'http://evil.example.com/builds/42' },
  'two Host headers': { fields: [['Host', 'evil.example.com']], passes: false },
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
  'a path with two slashes': { target: '//builds/42' },
  'a path with ..': { target: '/public/../builds/42' },
  'a path with an encoded ..': { target: '/public/%2e%2e/builds/42' },
  'a path with an encoded slash': { target: '/public/..%2fbuilds%2F42' },
  'a path with parameters': { target: '/builds;/42;jsessionid=1' },
  'the internal location of the proxy': { target: '/_tokensd', passes: false },
  'the encoded internal location of the proxy': { target: '/%5ftokensd', passes: false },
  'a route of the daemon': { target: '/verify/auth-request?x=/healthz' },
};

/** `refuses`: requests that the proxy rejects itself, although others forward them. */
const proxies: Array<{ name: string; start: StartProxy; skip: boolean; refuses?: string[] }> = [
  { name: 'nginx', start: startNginx, skip: !hasRealParts('nginx') },
  { name: 'Caddy', start: startCaddy, skip: !hasRealParts('caddy') },
  { name: 'Apache', start: startApache, skip: !hasRealParts('apache2') },
  {
    name: 'HAProxy',
    start: startHaproxy,
    skip: !hasRealParts('haproxy'),
    refuses: ['a target in absolute form with another host'],
  },
];

for (const { name, start, skip, refuses = [] } of proxies) {
  describe.skipIf(skip)(`${name} with the shipped configuration, attacked with`, () => {
    let setup: Awaited<ReturnType<typeof openBehindProxy>>;
    let active: { id: string; value: string; identity: Record<string, string[]> };

    beforeAll(async () => {
      setup = await openBehindProxy(start);
      const { token, value } = await setup.daemon.issue('active token');
      active = {
        id: token.id,
        value,
        identity: {
          'x-auth-user': ['dev@example.com'],
          'x-auth-user-id': [setup.daemon.dev.id],
          'x-auth-token-id': [token.id],
          'x-auth-token-name': ['active%20token'],
          'x-auth-token-prefix': [token.prefix],
          'x-auth-superuser': ['false'],
          'x-auth-user-kind': ['member'],
        },
      };
    });
    afterAll(() => setup.stop());

    async function expectRejected(request: RawRequest, expected: number[]) {
      const { status, response, received } = await setup.send(request);
      expect(received).toEqual([]);
      expect(response).not.toContain('the API');
      expect(expected).toContain(status);
    }

    function expectIdentity(received: Received[]) {
      for (const one of received) {
        // Proxies may omit an empty header: the owner's name and groups, the expiry and the app.
        const present = Object.entries(identityIn(one)).filter(([, values]) => values.join('|') !== '');
        expect(Object.fromEntries(present)).toEqual(active.identity);
        expect(one.target).not.toBe('/smuggled');
        expect(JSON.stringify(one)).not.toContain(intruder);
        expect(JSON.stringify(one)).not.toContain(active.value);
      }
    }

    describe.each(Object.entries(attacks))('%s', (what, { passes: passesElsewhere = true, ...attack }) => {
      const passes = passesElsewhere && !refuses.includes(what);
      // The proxy may reject a malformed request itself, before it asks the daemon.
      const rejections = passes ? [401] : [400, 401, 404, 501];

      it('rejects the request without a token and keeps it from the API', async () => {
        await expectRejected(attack, rejections);
      });

      it('rejects the request with an invalid token and keeps it from the API', async () => {
        await expectRejected(withField(attack, 'Authorization', 'Token nonsense'), rejections);
        await expectRejected(withField(attack, 'X-API-Key', generateToken('tok').reveal()), rejections);
      });

      it(`passes the API ${passes ? '' : 'at most '}the identity of the active token's owner`, async () => {
        const { status, received } = await setup.send(withField(attack, 'Authorization', `Token ${active.value}`));
        if (passes) expect([status, received.length]).toEqual([200, 1]);
        expectIdentity(received);
      });

      if (!passes) return;
      it('records the real IP address, method and path as the last use', async () => {
        await setup.send(withField(attack, 'X-API-Key', active.value));
        const path = (attack.target ?? '/builds/42').replace(/^http:..[^/]+/, '').replace(/[?].*/, '');
        expect(await setup.lastUse(active.id)).toMatchObject({ ip: clientAddress, method: 'GET', path });
      });
    });

    it.runIf(name === 'nginx').each([
      ['http://evil.example.com/x', 'api.example.com', 'evil.example.com'],
      ['/x', 'API.example.com:8443', 'API.example.com:8443'],
      ['/x', '[::1]:8443', '[::1]:8443'],
    ])('tells the API the host that it tells tokensd: %s, Host %s', async (target, host, told) => {
      const { received } = await setup.send({
        target,
        host: false,
        fields: [
          ['Host', host],
          ['X-API-Key', active.value],
        ],
      });
      expect(received.map(({ fields }) => fields.filter(([field]) => field === 'Host'))).toEqual([[['Host', told]]]);
    });

    it('passes every check of `tokens doctor proxy`, with and without a token', async () => {
      const cli = await openTestCli();
      const url = `http://127.0.0.1:${setup.port}/builds/42`;
      for (const stdin of ['', active.value]) {
        const ran = await cli.run(['doctor', 'proxy', url, '--json'], { stdin });
        const results = (JSON.parse(ran.stdout) as Check[]).map(({ check, result, detail }) => [check, result, detail]);
        expect(results.filter(([, result]) => result === 'failed')).toEqual([]);
        // Some checks need an API that shows the headers it received, which this one does not.
        expect(results.filter(([, result]) => result === 'passed')).toHaveLength(stdin === '' ? 17 : 19);
        expect(ran.code).toBe(0);
      }
      await cli.close();
    });

    it('removes a forged identity header in any spelling', { timeout: 60_000 }, async () => {
      const separator = fc.constantFrom(...nameSeparators);
      const spelling = fc
        .tuple(fc.constantFrom(...names), fc.infiniteStream(fc.boolean()), fc.infiniteStream(separator))
        .map(([which, flips, separators]) =>
          [...`x-auth-${which.toLowerCase()}`]
            .map((c) => (c === '-' ? separators.next().value : flips.next().value ? c.toUpperCase() : c))
            .join(''),
        );
      await fc.assert(
        fc.asyncProperty(fc.array(spelling, { minLength: 1, maxLength: 20 }), async (spelled) => {
          const fields: Fields = spelled.map((field) => [field, intruder]);
          await expectRejected({ fields }, [401]);
          const { status, received } = await setup.send({ fields: [...fields, ['X-API-Key', active.value]] });
          expect([status, received.length]).toEqual([200, 1]);
          expectIdentity(received);
        }),
        { numRuns: 100 },
      );
    });
  });
}

function withField(request: RawRequest, name: string, value: string): RawRequest {
  return { ...request, fields: [...(request.fields ?? []), [name, value]] };
}
