import { beforeEach, expect, it, onTestFinished } from 'vitest';
import type { Passkey } from '../../../shared/schemas/sign-in/passkeys.ts';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';
import type { Authenticator } from '../../helpers/sign-in/authenticator.ts';
import { addPasskey, signInWithPasskey } from '../../helpers/sign-in/passkeys.ts';

let app: TestApp & { close: () => Promise<void> };
let authenticator: Authenticator;
let id: string;

beforeEach(async () => {
  app = await openTestApp();
  onTestFinished(app.close);
  ({ authenticator } = await addPasskey(app, app.dev, { name: 'Laptop' }));
  id = (await app.store.passkeys.listOf(app.dev.id))[0]?.id ?? '';
});

const events = () =>
  app.store.audit.list({ limit: 5, before: null, participant: app.dev.id, action: 'passkey.renamed' });
const rename = (name: string, as = app.dev) =>
  app.ask(`/api/v1/me/passkeys/${id}`, { as, method: 'PATCH', json: { name } });

it('renames a passkey in the console, which still signs in, and says so in the audit log', async () => {
  const browser = openConsole(app, app.dev);
  const dialog = await browser.get(`/profile/passkeys?dialog=rename&id=${id}`);
  expect(textOf(dialog.html)).toContain('Rename the passkey Laptop');
  const renamed = await browser.submit(`/profile/passkeys/${id}/rename`, { new_name: 'Work laptop' });
  expect(renamed.location).toEqual(messageAt('/profile/passkeys', 'passkey-renamed'));
  expect(textOf((await browser.get('/profile/passkeys')).html)).toContain('Work laptop');
  expect(await events()).toMatchObject([{ changes: [{ field: 'name', from: 'Laptop', to: 'Work laptop' }] }]);
  expect((await signInWithPasskey(app, authenticator)).shown.status).toBe(303);
});

it('shows the dialog again with what was typed if the name is not allowed', async () => {
  const browser = openConsole(app, app.dev);
  await browser.get(`/profile/passkeys?dialog=rename&id=${id}`);
  const refused = await browser.submit(`/profile/passkeys/${id}/rename`, { new_name: 'x'.repeat(65) });
  expect(refused.status).toBe(400);
  expect(refused.html).toContain(`value="${'x'.repeat(65)}"`);
  expect(await app.store.passkeys.listOf(app.dev.id)).toMatchObject([{ name: 'Laptop' }]);
});

it('renames a passkey through the API, and records nothing if the name stays', async () => {
  const passkey = await jsonOf<Passkey>(rename('Work laptop'));
  expect(passkey).toMatchObject({ id, name: 'Work laptop', host: 'tokens.example.com' });
  expect((await rename('Work laptop')).status).toBe(200);
  expect(await events()).toHaveLength(1);
});

it('renames no passkey of another member, nor one that does not exist', async () => {
  expect((await rename('Stolen', app.root)).status).toBe(404);
  const browser = openConsole(app, app.root);
  expect((await browser.get(`/profile/passkeys?dialog=rename&id=${id}`)).status).toBe(404);
  expect(
    (await app.ask('/api/v1/me/passkeys/none', { as: app.dev, method: 'PATCH', json: { name: 'x' } })).status,
  ).toBe(404);
  expect(await app.store.passkeys.listOf(app.dev.id)).toMatchObject([{ name: 'Laptop' }]);
  expect(await events()).toEqual([]);
});
