import { describe, expect, it, onTestFinished } from 'vitest';
import { jsonOf, type Member } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { browserOf, call, type Server, startServerOn } from '../races/server-on.ts';

const engines = useEngines();

/** Sent continuously by a superuser who expects to be demoted or disabled. It changes nothing until then. */
const undo = { superuser: true, disabled: false };
const ways: Record<string, (server: Server, self: Member, action: string) => Promise<() => Promise<unknown>>> = {
  API: async (server, self) => () => call(server, self, 'PATCH', `/api/v1/users/${self.id}`, undo),
  console: async (server, self, action) => {
    const browser = await browserOf(server, self);
    return () => browser.post(`/organization/team/${self.id}/${action}`, {});
  },
};

describe.each(Object.entries(engines))('on %s', (_engine, openStore) => {
  it.each(
    Object.entries(ways).flatMap(([way, prepare]) => [
      ['demoted', way, 'promote', { superuser: false }, prepare] as const,
      ['disabled', way, 'enable', { disabled: true }, prepare] as const,
    ]),
  )('keeps a superuser %s while their own requests to the %s continuously try to %s them', async (...how) => {
    const [, , action, change, prepare] = how;
    const server = await startServerOn(openStore());
    onTestFinished(() => server.stop());
    for (let round = 0; round < 5; round += 1) {
      const target = await server.addMember({ email: `target${round}@example.com`, superuser: true });
      const path = `/api/v1/users/${target.id}`;
      const send = await prepare(server, target, action);
      let sending = true;
      const requests = Array.from({ length: 20 }, async () => {
        while (sending) await send();
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
      const response = await call(server, server.root, 'PATCH', path, change);
      sending = false;
      await Promise.all(requests);
      expect(response.status, response.body).toBe(200);
      expect(await jsonOf(server.ask(path, { as: server.root }))).toMatchObject(change);
    }
  });
});
