import { beforeEach, expect, it, onTestFinished } from 'vitest';
import type { Caller } from '../../../server/domain/caller.ts';
import type { Tokens } from '../../../server/domain/tokens/tokens.ts';
import { createServices } from '../../../server/services.ts';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
  onTestFinished(app.close);
});

async function callerOf({ session }: Member): Promise<Caller> {
  const found = await app.services.sessions.authenticate(session);
  if (found === null) throw new Error('There is no session.');
  const clientInfo = { ip: null, userAgent: null };
  return { user: found.user, sessionId: found.session.id, clientInfo, channel: 'console' };
}

/** Returns the service on a store in which `happen` takes place once, after a change has read its tokens or checked its rights. */
function tokensWith(when: 'read' | 'checked', happen: () => Promise<Response>): Tokens {
  let isFirst = true;
  async function then<T>(result: Promise<T>): Promise<T> {
    const known = await result;
    if (isFirst) expect((await happen()).ok).toBe(true);
    isFirst = false;
    return known;
  }
  const { tokens, serviceAccounts } = app.store;
  const store = {
    ...app.store,
    ...(when === 'read' && { tokens: { ...tokens, findMany: (ids: readonly string[]) => then(tokens.findMany(ids)) } }),
    ...(when === 'checked' && {
      serviceAccounts: {
        ...serviceAccounts,
        isMaintainer: (id: string, userId: string) => then(serviceAccounts.isMaintainer(id, userId)),
      },
    }),
  };
  return createServices({ ...app, store, mailQueued: () => {} }).tokens;
}

const changes = {
  revoke: (tokens: Tokens, caller: Caller, id: string) => tokens.revokeMany(caller, [id]),
  pause: (tokens: Tokens, caller: Caller, id: string) => tokens.pauseMany(caller, [id], {}),
  resume: (tokens: Tokens, caller: Caller, id: string) => tokens.resumeMany(caller, [id]),
};

const cases = Object.entries(changes);
const post = (path: string, as: Member, json: object = {}) => app.ask(`/api/v1${path}`, { method: 'POST', as, json });
const stored = (token: CreatedToken) => app.store.tokens.findById(token.id);

it.each(cases)('skips a token that was transferred since it was read: %s', async (action, change) => {
  await createServiceAccount(app, 'ci');
  const token = await createToken(app, app.dev, { name: 'moved' });
  if (action === 'resume') await post(`/tokens/${token.id}/pause`, app.dev);
  const isPaused = (await stored(token))?.pausedAt !== null;
  const tokens = tokensWith('read', () => post(`/tokens/${token.id}/transfer`, app.root, { to: 'ci' }));
  const outcome = await change(tokens, await callerOf(app.dev), token.id);
  expect(outcome).toMatchObject({ done: [], skipped: [{ id: token.id, reason: 'transferred' }], failed: [] });
  const after = await stored(token);
  expect([after?.ownerEmail, after?.pausedAt !== null]).toEqual(['service-account:ci', isPaused]);
});

it.each(cases)(
  'changes nothing for a maintainer who was removed since their rights were checked: %s',
  async (action, change) => {
    const { id } = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
    const token = await createAccountToken(app, app.root, 'ci', { name: 'kept' });
    if (action === 'resume') await post(`/tokens/${token.id}/pause`, app.dev);
    const before = await stored(token);
    const json = { remove_maintainers: [app.dev.email] };
    const tokens = tokensWith('checked', () =>
      app.ask(`/api/v1/service-accounts/${id}`, { method: 'PATCH', as: app.root, json }),
    );
    const changed = change(tokens, await callerOf(app.dev), token.id);
    await expect(changed).rejects.toMatchObject({ code: 'token-not-found' });
    expect(await stored(token)).toEqual(before);
  },
);

it('does not resume a token that a superuser paused since it was read', async () => {
  const token = await createToken(app, app.dev, { name: 'stopped' });
  await post(`/tokens/${token.id}/pause`, app.dev);
  const tokens = tokensWith('read', () => post(`/tokens/${token.id}/pause`, app.root));
  const outcome = await tokens.resumeMany(await callerOf(app.dev), [token.id]);
  expect(outcome).toMatchObject({ done: [], skipped: [{ reason: 'not-allowed' }] });
  expect((await stored(token))?.pausedBySuperuser).toBe(true);
});

it('is refused as a whole if its first tokens cannot be changed at all', async () => {
  const token = await createToken(app, app.dev, { name: 'kept' });
  const until = new Date(app.clock.now()).toISOString();
  const response = await post('/tokens/pause', app.dev, { ids: [token.id], until });
  expect([response.status, (await stored(token))?.pausedAt]).toEqual([400, null]);
});
