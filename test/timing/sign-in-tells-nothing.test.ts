import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestApp, type TestApp } from '../helpers/app/app.ts';

const tries = 200;
/** The machine may be busy with something else: a measurement that is off is made again, the bound stays. */
const measurements = 3;
const tolerance = 0.1;

let app: TestApp;
beforeAll(async () => {
  app = await openTestApp();
  const disabled = await app.addMember({ email: 'disabled@example.com' });
  await app.store.users.setDisabled(disabled.id, true);
  const at = app.clock.now();
  const nobody = { name: '', superuser: false, disabled: false, canManageTokens: true, passwordHash: null };
  const insert = (email: string, sso: boolean) =>
    app.store.users.insert({
      ...{ id: email, email, emailFolded: email, ...nobody, sso },
      ...{ ssoSignedInAt: sso ? at : null, totpEnabledAt: null, createdAt: at },
    });
  await insert('sso@example.com', true);
  await insert('invited@example.com', false);
});
afterAll(() => app.close());

/** Each kind of account, with a password that does not sign in. */
const kinds: Record<string, string> = {
  unknown: 'nobody@example.com',
  wrong: 'dev@example.com',
  disabled: 'disabled@example.com',
  'single sign-on only': 'sso@example.com',
  invited: 'invited@example.com',
};

type Attempt = (email: string, client: number) => Promise<Response>;

/** From a network of its own each, and with the account's count taken back: nothing here is about throttling. */
async function freshly(email: string, act: () => Promise<Response>): Promise<Response> {
  const response = await act();
  await app.services.rateLimit.attempt({ account: email, ip: null }, async () => ({ succeeded: true }));
  return response;
}

const ways: Record<string, Attempt> = {
  'POST /api/v1/sessions': (email, client) =>
    app.ask('/api/v1/sessions', { json: { email, password: 'wrong' }, ip: addressOf(client) }),
  'POST /api-token-auth/': (email, client) =>
    app.ask('/api-token-auth/', { json: { username: email, password: 'wrong' }, ip: addressOf(client) }),
};

function addressOf(client: number): string {
  return `2001:db8:${(client >> 8).toString(16)}:${(client & 255).toString(16)}::1`;
}

test.each(Object.entries(ways))(
  '%s: the same status, body and mean time for every kind of account',
  async (_way, attempt) => {
    const answers = new Set<string>();
    let client = 0;
    /** The largest mean over the smallest, of interleaved tries. */
    const measure = async () => {
      const total: Record<string, number> = {};
      for (let round = 0; round < tries; round += 1) {
        for (const [kind, email] of Object.entries(kinds)) {
          client += 1;
          const began = performance.now();
          const response = await freshly(email, () => attempt(email, client));
          total[kind] = (total[kind] ?? 0) + performance.now() - began;
          const body = (await response.text()).replace(/"request_id":"[^"]*"/, '');
          answers.add(`${response.status} ${body}`);
        }
      }
      return Math.max(...Object.values(total)) / Math.min(...Object.values(total));
    };
    const ratios: number[] = [];
    while (ratios.length < measurements && !ratios.some((ratio) => ratio <= 1 + tolerance))
      ratios.push(await measure());
    expect([...answers]).toHaveLength(1);
    expect(Math.min(...ratios), `ratios ${ratios.join(', ')}`).toBeLessThanOrEqual(1 + tolerance);
  },
  300_000,
);

test('throttled accounts, there or not, are answered alike', async () => {
  const answers = new Set<string>();
  for (const [index, email] of Object.values(kinds).entries()) {
    let response = new Response();
    for (let i = 0; i < 6; i += 1) {
      response = await app.ask('/api/v1/sessions', {
        json: { email, password: 'wrong' },
        ip: addressOf(60_000 + index),
      });
    }
    const body = (await response.text()).replace(/"request_id":"[^"]*"/, '');
    answers.add(`${response.status} ${response.headers.get('retry-after')} ${body}`);
  }
  expect([...answers]).toHaveLength(1);
  expect([...answers][0]).toMatch(/^429 /);
});
