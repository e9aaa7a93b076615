import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestApp, password, type TestApp } from '../helpers/app/app.ts';

const attempts = 200;
/** Repeats a measurement that is off, because the machine may be busy. The tolerance stays. */
const measurements = 3;
const tolerance = 0.1;

let app: TestApp;
/** The same app after TOKENSD_PASSWORD_SIGN_IN was set to `superusers`. */
let forSuperusers: TestApp;
beforeAll(async () => {
  const opened = await openTestApp();
  app = opened;
  forSuperusers = opened.restart({ passwordSignIn: 'superusers' });
  const disabled = await app.addMember({ email: 'disabled@example.com' });
  await app.store.users.setDisabled(disabled.id, true);
  const at = app.clock.now();
  const nobody = {
    name: '',
    superuser: false,
    auditor: false,
    disabled: false,
    canManageTokens: true,
    passwordHash: null,
    passwordUntilSso: false,
  };
  const insert = (email: string, sso: boolean) =>
    app.store.users.insert({
      ...{ id: email, email, emailFolded: email, ...nobody, sso },
      ...{
        ssoSignedInAt: sso ? at : null,
        totpEnabledAt: null,
        passkeyCount: 0,
        ssoGroups: null,
        manualGroups: null,
        invitedAt: null,
        joinedAt: null,
        disabledAt: null,
        kind: 'member' as const,
        description: null,
        createdAt: at,
      },
    });
  await insert('sso@example.com', true);
  await insert('invited@example.com', false);
});
afterAll(() => app.close());

/** Each kind of account that the password `wrong` does not sign in. */
const kinds: Record<string, string> = {
  unknown: 'nobody@example.com',
  wrong: 'dev@example.com',
  disabled: 'disabled@example.com',
  'single sign-on only': 'sso@example.com',
  invited: 'invited@example.com',
};

type SignInAttempt = (email: string, client: number) => Promise<Response>;

/** Runs an attempt and then forgets the account's failures, so that the rate limit never applies. */
async function withoutRateLimit(email: string, act: () => Promise<Response>): Promise<Response> {
  const response = await act();
  for (const { services } of [app, forSuperusers]) {
    await services.rateLimit.forgetAccount(email);
  }
  return response;
}

const ways: Record<string, SignInAttempt> = {
  'POST /api/v1/sessions': (email, client) =>
    app.ask('/api/v1/sessions', { json: { email, password: 'wrong' }, ip: addressOf(client) }),
  'POST /api-token-auth/': (email, client) =>
    app.ask('/api-token-auth/', { json: { username: email, password: 'wrong' }, ip: addressOf(client) }),
  // The password of `dev` is right, but `dev` may not use it.
  'POST /api/v1/sessions for superusers': (email, client) =>
    forSuperusers.ask('/api/v1/sessions', { json: { email, password }, ip: addressOf(client) }),
};

function addressOf(client: number): string {
  return `2001:db8:${(client >> 8).toString(16)}:${(client & 255).toString(16)}::1`;
}

test.each(Object.entries(ways))(
  '%s returns the same status and body after the same mean time for every kind of account',
  async (_way, attempt) => {
    const responses = new Set<string>();
    let client = 0;
    /** Returns the largest mean time divided by the smallest, over interleaved attempts. */
    const measure = async () => {
      const total: Record<string, number> = {};
      for (let round = 0; round < attempts; round += 1) {
        for (const [kind, email] of Object.entries(kinds)) {
          client += 1;
          const began = performance.now();
          const response = await withoutRateLimit(email, () => attempt(email, client));
          total[kind] = (total[kind] ?? 0) + performance.now() - began;
          const body = (await response.text()).replace(/"request_id":"[^"]*"/, '');
          responses.add(`${response.status} ${body}`);
        }
      }
      return Math.max(...Object.values(total)) / Math.min(...Object.values(total));
    };
    const ratios: number[] = [];
    while (ratios.length < measurements && !ratios.some((ratio) => ratio <= 1 + tolerance))
      ratios.push(await measure());
    expect([...responses]).toHaveLength(1);
    expect(Math.min(...ratios), `ratios ${ratios.join(', ')}`).toBeLessThanOrEqual(1 + tolerance);
  },
  300_000,
);

test('the rate limit returns the same response for every kind of account', async () => {
  const responses = new Set<string>();
  for (const [index, email] of Object.values(kinds).entries()) {
    let response = new Response();
    for (let i = 0; i < 6; i += 1) {
      response = await app.ask('/api/v1/sessions', {
        json: { email, password: 'wrong' },
        ip: addressOf(60_000 + index),
      });
    }
    const body = (await response.text()).replace(/"request_id":"[^"]*"/, '');
    responses.add(`${response.status} ${response.headers.get('retry-after')} ${body}`);
  }
  expect([...responses]).toHaveLength(1);
  expect([...responses][0]).toMatch(/^429 /);
});
