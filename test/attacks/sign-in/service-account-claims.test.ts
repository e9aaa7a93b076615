import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openSsoApp, signInBySso } from '../../helpers/console/sso.ts';
import { startIdentityProvider, type TestProvider } from '../../helpers/peers/identity-provider.ts';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startIdentityProvider('https://tokens.example.com');
});
afterAll(() => provider.stop());

it.each(['service-account:ci', 'Service-Account:CI', 'service-account:ci@example.com'])(
  'signs nobody in as a service account whose provider reports the email address %s',
  async (email) => {
    const app = await openSsoApp(provider);
    const account = await createServiceAccount(app, 'ci');
    const before = await app.store.serviceAccounts.findById(account.id);
    const members = await app.store.users.list({ limit: 9, before: null });
    const claims = { password: 'pw-ada', email_verified: true, name: 'ci' };
    provider.people.ada = { ...claims, email };
    const { shown, session, user } = await signInBySso(app, provider, 'ada');
    expect([shown.status >= 400, session, user]).toEqual([true, undefined, null]);
    expect(await app.store.serviceAccounts.findById(account.id)).toEqual(before);
    expect(await app.store.users.list({ limit: 9, before: null })).toEqual(members);
    // The same person gets in with an email address.
    provider.people.ada = { ...claims, email: 'ci@example.com' };
    expect((await signInBySso(app, provider, 'ada')).user?.email).toBe('ci@example.com');
  },
);
