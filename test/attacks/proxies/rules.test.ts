import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../../helpers/app/http.ts';
import { gateProxies } from '../../helpers/gate/gate.ts';
import { type Gated, issueGated } from '../../helpers/gate/gated.ts';
import { clientAddress, openBehindProxy } from './proxy-setup.ts';

/** Spellings of a path that servers read differently, each with `secret`, which the rule does not allow, or with `open`. */
const spellings = [
  ...[
    '//open',
    '/open//a',
    '/./open',
    '/open/.',
    '/open/./a',
    '/x/../open/a',
    '/open/..',
    '/open/../secret',
    '/open/a/../../secret',
  ],
  ...['/open/%2e/a', '/open/%2e%2e/secret', '/open/.%2e/secret', '/open/%2E./secret', '/open/%252e%252e/secret'],
  ...[
    '/open%2f..%2fsecret',
    '/open/..%2fsecret',
    '/open/..%2Fsecret',
    '/open/%2e%2e%2fsecret',
    '/open%252f..%252fsecret',
  ],
  ...['/open\\..\\secret', '/open/..\\secret', '/open%5c..%5csecret', '/open/%5C../secret', '/open%255csecret'],
  ...[
    '/open;/../secret',
    '/open/..;/secret',
    '/open;x=1/a',
    '/open/a;jsessionid=1',
    '/open/%3b/secret',
    '/open/..%3b/secret',
  ],
  ...['/open/%00', '/open/a%00/../secret', '/open/%0a', '/open/%0d%0aX-Auth-User:root', '/open/%7f', '/open/%'],
  ...[
    '/open/%zz',
    '/open/%u002e%u002e/secret',
    '/open/%c0%ae%c0%ae/secret',
    '/open/%ff',
    '/open/%e3%80',
    '/OPEN/a',
    '/Open/a',
  ],
  ...['/%6fpen/a', '/secret', '/secret/open/a', '/opening', '/', '/open/%2E%2E/%2E%2E/secret'],
];

for (const { name, start, skip } of gateProxies) {
  describe.skipIf(skip)(`rules of a token behind ${name} with the shipped configuration`, () => {
    let setup: Awaited<ReturnType<typeof openBehindProxy>>;
    beforeAll(async () => {
      setup = await openBehindProxy(start);
    });
    afterAll(() => setup.stop());

    const issue = async (rules: Gated) => (await issueGated(setup.daemon.store, rules)).value;
    const ask = async (value: string, target: string, method = 'GET') => {
      const { status, response, received } = await setup.send({ method, target, fields: [['X-API-Key', value]] });
      return { status, reason: /^X-Tokens-Reason: (\w+)/im.exec(response)?.[1], response, received };
    };

    it('let a read-only token read and nothing else', async () => {
      const value = await issue({ readOnly: true });
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT']) {
        expect([method, (await ask(value, '/a', method)).status]).toEqual([method, 200]);
      }
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'MKCOL']) {
        const { status, reason, received } = await ask(value, '/a', method);
        expect([method, status, reason, received]).toEqual([method, 403, 'method', []]);
      }
    });

    it('allow a request that a line allows, and otherwise say whether the method or the path is the reason', async () => {
      const value = await issue({ allow: ['GET,HEAD /open/**', 'POST /hooks/*'] });
      const answers = [
        ['GET', '/open', 200, undefined],
        ['GET', '/open/a%20b/%C3%A9?x=/../secret', 200, undefined],
        ['POST', '/hooks/1', 200, undefined],
        ['POST', '/open/a', 403, 'method'],
        ['POST', '/hooks/1/2', 403, 'path'],
        ['GET', '/secret', 403, 'path'],
      ] as const;
      for (const [method, target, status, reason] of answers) {
        const asked = await ask(value, target, method);
        expect([method, target, asked.status, asked.reason]).toEqual([method, target, status, reason]);
        expect(asked.received.map(({ target }) => target)).toEqual(status === 200 ? [target] : []);
      }
      const { response } = await ask(value, '/secret');
      expect(response).toContain('{"detail":"You do not have permission to perform this action."}');
      expect(response).toMatch(
        /^WWW-Authenticate: Bearer realm="tokensd", error="insufficient_scope", error_description="path"\r$/im,
      );
    });

    it('keep every other spelling of a path from the API', async () => {
      const value = await issue({ allow: ['GET /open/**'] });
      const statuses: number[] = [];
      for (const target of spellings) {
        const { status, received } = await ask(value, target);
        expect([target, received]).toEqual([target, []]);
        statuses.push(status);
      }
      // The proxy itself rejects some of them.
      expect(statuses.filter((status) => ![400, 403, 404].includes(status))).toEqual([]);
      expect(statuses.filter((status) => status === 403).length).toBeGreaterThan(spellings.length / 2);
    });

    it('count the address of the client, and never that of the proxy', async () => {
      const value = await issue({ networks: ['127.0.0.2/32', '10.0.0.0/8'] });
      const from = async (localAddress: string, forwardedFor?: string) => {
        const forged = forwardedFor === undefined ? [] : [['X-Forwarded-For', forwardedFor] as const];
        const headers = [['X-API-Key', value] as const, ...forged];
        const { status, headers: answer } = await send(setup.port, { path: '/a', localAddress, headers });
        return [status, answer['x-tokens-reason']];
      };
      expect(await from(clientAddress)).toEqual([200, undefined]);
      expect(await from('127.0.0.3')).toEqual([403, 'network']);
      expect(await from('127.0.0.3', '10.1.2.3')).toEqual([403, 'network']);
      expect(await from('127.0.0.3', '127.0.0.2, 127.0.0.2')).toEqual([403, 'network']);
    });

    it('deny nothing while they are only observed', async () => {
      const value = await issue({ allow: ['GET /open/**'], networks: ['10.0.0.0/8'], readOnly: true, enforce: false });
      expect((await ask(value, '/secret', 'DELETE')).status).toBe(200);
    });
  });
}
