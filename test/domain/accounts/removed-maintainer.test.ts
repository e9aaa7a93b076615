import { expect, it, onTestFinished } from 'vitest';
import { createServices } from '../../../server/services.ts';
import { openTestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';

it('sees neither the service account nor its tokens, although the request found them first', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  const account = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const { id } = await createAccountToken(app, app.root, 'ci', { name: 'deploy' });
  const found = await app.services.sessions.authenticate(app.dev.session);
  if (found === null) throw new Error('There is no session.');
  const caller = {
    ...{ user: found.user, sessionId: found.session.id, channel: 'console' as const },
    clientInfo: { ip: null, userAgent: null },
  };
  const maintain = (json: object) =>
    app.ask(`/api/v1/service-accounts/${account.id}`, { method: 'PATCH', as: app.root, json });

  /** Returns the domain on a store in which the maintainer is removed right after the first look. */
  async function services() {
    await maintain({ add_maintainers: [app.dev.email] });
    let looks = 0;
    const isMaintainer: typeof app.store.serviceAccounts.isMaintainer = async (...member) => {
      const was = await app.store.serviceAccounts.isMaintainer(...member);
      looks += 1;
      if (looks === 1) expect((await maintain({ remove_maintainers: [app.dev.email] })).status).toBe(200);
      return was;
    };
    const store = { ...app.store, serviceAccounts: { ...app.store.serviceAccounts, isMaintainer } };
    return createServices({ ...app, store, mailQueued: () => {} });
  }

  const revoked = (await services()).tokens.revoke(caller, id);
  await expect(revoked).rejects.toMatchObject({ code: 'token-not-found' });
  const created = (await services()).tokens.create(caller, { name: 'new', service_account: 'ci' }, undefined);
  await expect(created).rejects.toMatchObject({ code: 'service-account-not-found' });
});
