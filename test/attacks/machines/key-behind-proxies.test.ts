import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scopes } from '../../../shared/scopes.ts';
import { storeKey, storeServiceAccount, type TestKey } from '../../helpers/app/management-key.ts';
import { gateProxies } from '../../helpers/gate/gate.ts';
import { openBehindProxy } from '../proxies/proxy-setup.ts';

const basic = (user: string, secret: string) => `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
const forms: Array<[string, (value: string) => readonly [string, string]]> = [
  ['Authorization: Bearer', (value) => ['Authorization', `Bearer ${value}`]],
  ['Authorization: Token', (value) => ['Authorization', `Token ${value}`]],
  ['Authorization: Basic', (value) => ['Authorization', basic('any', value)]],
  ['X-API-Key', (value) => ['X-API-Key', value]],
  ['X-Tokens-Authorization', (value) => ['X-Tokens-Authorization', value]],
];

for (const { name, start, skip } of gateProxies) {
  describe.skipIf(skip)(`a management key behind ${name} with the shipped configuration`, () => {
    let setup: Awaited<ReturnType<typeof openBehindProxy>>;
    let key: TestKey;
    beforeAll(async () => {
      setup = await openBehindProxy(start);
      key = await storeKey(setup.daemon, await storeServiceAccount(setup.daemon, 'platform'), scopes);
    });
    afterAll(() => setup.stop());

    it.each(forms)('gets 403 and reaches no app in %s', async (_form, field) => {
      for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
        const { status, response, received } = await setup.send({ method, target: '/a', fields: [field(key.value)] });
        const reason = /^X-Tokens-Reason: (\w+)/im.exec(response)?.[1];
        expect([method, status, reason, received]).toEqual([method, 403, 'management', []]);
        expect(response).not.toContain(key.value);
      }
    });
  });
}
