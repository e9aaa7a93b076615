import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { SetUpStep } from '../../../server/domain/overview/set-up-steps.ts';
import { createToken, openTestApp, verdict } from '../../helpers/app/app.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { registerApp } from '../../helpers/gate/gated.ts';
import { addPasskey } from '../../helpers/sign-in/passkeys.ts';
import { addUser } from '../../store/contract/records.ts';

const smtpUrl = 'smtp://mail.example.com';
let app: Awaited<ReturnType<typeof openTestApp>>;
beforeEach(async () => {
  app = await openTestApp({ smtpUrl });
  onTestFinished(app.close);
});

async function remaining(of: Pick<typeof app, 'services'> = app): Promise<SetUpStep[]> {
  const user = await app.store.users.findById(app.root.id);
  if (user === null) throw new Error('There is no superuser.');
  const caller = { user, sessionId: '', clientInfo: { ip: null, userAgent: null }, channel: 'console' as const };
  return [...(await of.services.setUp.remaining(caller))];
}

describe('the steps of the set-up', () => {
  it('are done one after the other, and then no longer shown', async () => {
    const overview = async () => textOf((await openConsole(app, app.root).get('/overview')).html);
    await app.store.transaction((store) => store.users.delete(app.dev.id, app.clock.now()));
    const all = ['mail', 'superusers', 'second-factor', 'members', 'apps', 'verification'];
    expect(await remaining()).toEqual(all);
    expect(await overview()).toContain('1 of 7 steps are done.');
    const http = app.restart({ publicUrl: 'http://tokens.example.com' });
    expect(await remaining(http)).toEqual(['https', ...all]);

    const { token } = await createToken(app, app.root, { name: 'first' });
    await app.mails();
    expect(await remaining()).toEqual(all.slice(1));
    await addUser(app.store, { superuser: true });
    expect(await remaining()).toEqual(['second-factor', 'apps', 'verification']);
    await registerApp(app.store, 'wiki');
    await verdict(app, token);
    await app.services.dayTotals.flush();
    expect(await remaining()).toEqual(['second-factor']);
    expect(await overview()).toContain('6 of 7 steps are done.');
    expect(await remaining(app.restart({ requireTotp: true }))).toEqual([]);
    expect(
      textOf((await openConsole(app.restart({ requireTotp: true }), app.root).get('/overview')).html),
    ).not.toContain('steps are done');
  });

  it('count a passkey as the second factor', async () => {
    expect(await remaining()).toContain('second-factor');
    await addPasskey(app, app.root);
    expect(await remaining()).not.toContain('second-factor');
  });

  it('have a mail server again if mails wait for more than an hour', async () => {
    await createToken(app, app.root, { name: 'sent' });
    await app.mails();
    expect(await remaining()).not.toContain('mail');
    await createToken(app, app.root, { name: 'waits' });
    app.clock.advance(59 * 60_000);
    expect(await remaining()).not.toContain('mail');
    app.clock.advance(60_000);
    expect(await remaining()).toContain('mail');
    expect(await remaining(app.restart({ smtpUrl: null }))).toContain('mail');
  });

  it('are for superusers', async () => {
    const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
    expect(textOf((await openConsole(app, auditor).get('/overview')).html)).not.toContain('steps are done');
    const user = await app.store.users.findById(auditor.id);
    if (user === null) throw new Error('There is no auditor.');
    const caller = { user, sessionId: '', clientInfo: { ip: null, userAgent: null }, channel: 'console' as const };
    await expect(app.services.setUp.remaining(caller)).rejects.toMatchObject({ code: 'superuser-required' });
  });
});
