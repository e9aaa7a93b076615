import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityNames } from '../../../cli/commands/doctor/advice.ts';
import { type Fields, send, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { type ClientHome, createClientHome } from '../../helpers/gate/client-programs.ts';
import type { ServedBehind } from '../../helpers/gate/documented/client.ts';
import { foldingApps } from '../../helpers/gate/folding-apps.ts';
import { gateProxies } from '../../helpers/gate/gate.ts';
import type { Running } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { nameSeparators } from './proxy-setup.ts';

const intruder = 'intruder@example.com';
const variableOf = (name: string) => `HTTP_${name.toUpperCase().replaceAll('-', '_')}`;

/** Returns the variables of an app that are not empty. */
function variablesIn(body: string): Record<string, string> {
  const pairs = body
    .split('\n')
    .map((line) => line.split('=', 2))
    .filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(pairs);
}

for (const { name, parts, folds, start } of foldingApps) {
  describe.skipIf(!hasRealParts(...parts))(`an app that reads headers through ${name}`, () => {
    let home: ClientHome;
    let app: ServedBehind;
    let daemon: TestServer;
    let value: string;
    beforeAll(async () => {
      home = await createClientHome();
      app = await start(home);
      daemon = await startTestServer();
      value = (await daemon.issue('folded')).value;
    });
    afterAll(async () => {
      await daemon.stop();
      await app.stop();
      await home.remove();
    });

    it(`takes these characters for a hyphen: ${folds.join(' ')}`, async () => {
      const taken: string[] = [];
      for (const separator of nameSeparators) {
        const headers: Fields = [['X-Auth-User'.replaceAll('-', separator), intruder]];
        const { body } = await send(Number(new URL(app.url).port), { headers });
        if (variablesIn(body).HTTP_X_AUTH_USER === intruder) taken.push(separator);
      }
      expect(taken).toEqual(folds);
    });

    describe.each(gateProxies.filter(({ skip }) => !skip))('behind $name', ({ start: startProxy }) => {
      let proxy: Running;
      beforeAll(async () => {
        proxy = await startProxy({ daemonUrl: `http://127.0.0.1:${daemon.port}`, upstreamUrl: app.url });
      });
      afterAll(() => proxy.stop());

      const read = async (forged: Fields) => {
        const { status, body } = await send(proxy.port, { headers: [...forged, ['X-API-Key', value]] });
        expect(status).toBe(200);
        const identity = identityNames.map(variableOf);
        return Object.entries(variablesIn(body)).filter(([variable]) => identity.includes(variable));
      };

      it.each(nameSeparators)(
        'reads only what tokensd says, if a client separates words with %s',
        async (separator) => {
          const told = Object.fromEntries(await read([]));
          expect(told).toMatchObject({ HTTP_X_AUTH_USER: 'dev@example.com', HTTP_X_AUTH_TOKEN_NAME: 'folded' });
          for (const mix of [
            (text: string) => text.replaceAll('-', separator),
            (text: string) => text.replace('-', separator),
          ]) {
            const forged: Fields = identityNames.map((one) => [mix(one), intruder]);
            expect(Object.fromEntries(await read(forged))).toEqual(told);
          }
          const last: Fields = identityNames.map((one) => [one.replace(/-(?=\w+$)/, separator), intruder]);
          expect(Object.fromEntries(await read(last))).toEqual(told);
        },
      );
    });
  });
}
