import { describe, expect, it, onTestFinished } from 'vitest';
import { jsonOf, type Member } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { browserOf, call, type Server, startServerOn } from '../races/server-on.ts';

const engines = useEngines();

/** What somebody who expects it sends without a pause: until then it changes nothing, and nothing tells of it. */
const insistence = { superuser: true, disabled: false };
const ways: Record<string, (server: Server, self: Member, action: string) => Promise<() => Promise<unknown>>> = {
  API: async (server, self) => () => call(server, self, 'PATCH', `/api/v1/users/${self.id}`, insistence),
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
  )('a superuser who is %s stays so, though the %s is told to %s them all the time', async (...how) => {
    const [, , action, change, prepare] = how;
    const server = await startServerOn(openStore());
    onTestFinished(() => server.stop());
    for (let round = 0; round < 5; round += 1) {
      const fired = await server.addMember({ email: `fired${round}@example.com`, superuser: true });
      const path = `/api/v1/users/${fired.id}`;
      const insist = await prepare(server, fired, action);
      let insisting = true;
      const crowd = Array.from({ length: 20 }, async () => {
        while (insisting) await insist();
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
      const answer = await call(server, server.root, 'PATCH', path, change);
      insisting = false;
      await Promise.all(crowd);
      expect(answer.status, answer.body).toBe(200);
      expect(await jsonOf(server.ask(path, { as: server.root }))).toMatchObject(change);
    }
  });
});
