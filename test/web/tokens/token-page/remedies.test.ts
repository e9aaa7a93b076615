import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount, createTrust } from '../../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../../helpers/console/pages.ts';
import { addToken, newDenied } from '../../../store/contract/records.ts';

const day = 86_400;

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const pageOf = async (id: string, as = app.dev, query = '') =>
    (await openConsole(app, as).get(`/profile/api-tokens/${id}${query}`)).html;
  return { app, pageOf };
}

it('says that a paused token has expired, too, and offers no way to resume it', async () => {
  const { app, pageOf } = await open();
  const { id } = await createToken(app, app.dev, { name: 'ci', expires_in: 60 });
  await app.ask(`/api/v1/tokens/${id}/pause`, { as: app.dev, json: {} });
  expect(await pageOf(id)).toContain('id="resume"');
  app.clock.advance(61_000);
  const html = await pageOf(id);
  expect(textOf(html)).toContain(
    'It is paused. It has expired, too. Requests that use it are denied. Create a new token',
  );
  expect(textOf(html)).not.toContain('until the pause ends');
  expect(html).not.toContain('id="resume"');
  await app.ask(`/api/v1/users/${app.dev.id}`, { method: 'PATCH', as: app.root, json: { disabled: true } });
  const disabled = textOf(await pageOf(id, app.root));
  expect(disabled).toContain('The account of its owner is disabled. It has expired, too.');
  expect(disabled).not.toContain('until a superuser enables the account');
});

it('says who can rotate a token that expires soon', async () => {
  const { app, pageOf } = await open();
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const soon = { expires_in: 2 * day };
  const own = await createToken(app, app.dev, { name: 'own', ...soon });
  expect(textOf(await pageOf(own.id))).toContain('Rotate it before then, or give it a new last day.');
  for (const reader of [auditor, app.root]) {
    expect(textOf(await pageOf(own.id, reader))).toContain(
      'Its owner can rotate it before then, or give it a new last day.',
    );
  }
  const trap = await createToken(app, app.dev, { name: 'trap', canary: true, ...soon });
  expect(textOf(await pageOf(trap.id))).toContain('Give it a new last day.');
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const kept = await createAccountToken(app, app.dev, 'ci', { name: 'kept', ...soon });
  expect(textOf(await pageOf(kept.id, auditor))).toContain(
    'A maintainer of the service account can rotate it before then',
  );
  const key = await createAccountToken(app, app.root, 'ci', { name: 'key', manage: ['tokens:read'], ...soon });
  expect(textOf(await pageOf(key.id))).toContain('An Organization Superuser can rotate it before then');
  expect(textOf(await pageOf(key.id, app.root))).toContain('Rotate it before then');
});

it('says to a maintainer that only a superuser can end the pause of a management key', async () => {
  const { app, pageOf } = await open();
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const key = await createAccountToken(app, app.root, 'ci', {
    name: 'key',
    manage: ['tokens:read'],
    expires_in: 30 * day,
  });
  const use = { method: null, path: null, ip: null, userAgent: null };
  await app.store.tokens.recordUses([
    { tokenId: key.id, prefix: key.prefix, previous: false, at: app.clock.now(), ...use },
  ]);
  const maintainer = textOf(await pageOf(key.id, app.dev, '?dialog=revoke'));
  expect(maintainer).toContain('Only an Organization Superuser can end it. Pause instead');
  expect(maintainer).not.toContain('can be undone');
  expect(textOf(await pageOf(key.id, app.root, '?dialog=revoke'))).toContain('can be undone. Pause instead');
});

it('says before a maintainer pauses a management key that only a superuser can resume it', async () => {
  const { app, pageOf } = await open();
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const key = await createAccountToken(app, app.root, 'ci', { name: 'key', manage: ['tokens:read'], expires_in: day });
  const words = 'Only an Organization Superuser can end it sooner.';
  expect(textOf(await pageOf(key.id, app.dev, '?dialog=pause'))).toContain(words);
  expect(textOf(await pageOf(key.id, app.root, '?dialog=pause'))).not.toContain(words);
  const other = await createAccountToken(app, app.dev, 'ci', { name: 'other' });
  expect(textOf(await pageOf(other.id, app.dev, '?dialog=pause'))).not.toContain(words);
});

it('names beside a denied request who can resume the token, and nobody if that would not help', async () => {
  const { app, pageOf } = await open();
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const { id } = await createToken(app, app.dev, { name: 'ci', expires_in: 60 });
  const at = app.clock.now();
  await app.store.transaction((store) => store.usage.addDenied([newDenied(id, { at, reason: 'paused' })], at));
  const remedyFor = async (reader = app.dev) =>
    textOf(/<td data-label="Reason">.*?<\/td>/s.exec(await pageOf(id, reader))?.[0] ?? '');
  const pauseAs = (as: typeof app.dev) => app.ask(`/api/v1/tokens/${id}/pause`, { as, json: {} });
  const resumeAs = (as: typeof app.dev) => app.ask(`/api/v1/tokens/${id}/resume`, { as, json: {} });
  expect(await remedyFor()).toBe('Token paused');
  await pauseAs(app.dev);
  expect(await remedyFor()).toBe('Token paused Resume the token.');
  expect(await remedyFor(auditor)).toBe('Token paused Its owner can resume the token.');
  await resumeAs(app.dev);
  await pauseAs(app.root);
  expect(await remedyFor()).toBe('Token paused A superuser can resume the token.');
  expect(await remedyFor(app.root)).toBe('Token paused Resume the token.');
  app.clock.advance(61_000);
  expect(await remedyFor(app.root)).toBe('Token paused');
});

it('says that the value of a paused token works again, and what to do if it leaked', async () => {
  const { app, pageOf } = await open();
  const { id } = await createToken(app, app.dev, { name: 'ci' });
  expect(textOf(await pageOf(id, app.dev, '?dialog=pause'))).toContain(
    'Then its value works again. If the value leaked, pause the token now, then rotate it. A rotation ends the old value at once. Give its program the new value, then resume the token. If nothing needs the token, revoke it.',
  );
  expect(textOf(await pageOf(id, app.root, '?dialog=pause'))).toContain(
    'If the value leaked, pause the token now. Then its owner can rotate it. Resume the token once its program has the new value. If nothing needs the token, revoke it.',
  );
  const pauseAs = (as: typeof app.dev) => app.ask(`/api/v1/tokens/${id}/pause`, { as, json: {} });
  await pauseAs(app.dev);
  expect(textOf(await pageOf(id))).toContain(
    'When the pause ends, its value works again. If it leaked, rotate the token before that. A rotation ends the old value at once. Give its program the new value, then resume the token. If nothing needs the token, revoke it.',
  );
  expect(textOf(await pageOf(id, app.root))).toContain(
    'If it leaked, its owner can rotate the token before that. A rotation ends the old value at once. Resume the token once its program has the new value. If nothing needs the token, revoke it.',
  );
  const trap = await createToken(app, app.dev, { name: 'trap', canary: true });
  await app.ask(`/api/v1/tokens/${trap.id}/pause`, { as: app.dev, json: {} });
  const trapped = textOf(await pageOf(trap.id));
  expect(trapped).toContain('It is paused.');
  expect(trapped).not.toContain('works again');
});

it('says only to revoke a token that a job received if it leaked, because nobody rotates it', async () => {
  const { app, pageOf } = await open();
  const account = await createServiceAccount(app, 'ci');
  const { id: trustId } = await createTrust(app, { name: 'of-jobs', service_account: 'ci' });
  const { id } = await addToken(app.store, account.id, { trustId, createdAt: app.clock.now() });
  expect(textOf(await pageOf(id, app.root, '?dialog=pause'))).toContain(
    'If the value leaked, pause the token now, then revoke it.',
  );
  expect((await app.ask(`/api/v1/tokens/${id}/pause`, { as: app.root, json: {} })).status).toBe(200);
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  expect(textOf(await pageOf(id, app.root))).toContain('its value works again. If it leaked, revoke the token.');
  expect(textOf(await pageOf(id, auditor))).toContain(
    'If it leaked, a maintainer of the service account or an Organization Superuser must revoke the token.',
  );
});

it('names the superuser who can resume the token to its owner, and to auditors who may revoke it', async () => {
  const { app, pageOf } = await open();
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const { id } = await createToken(app, app.dev, { name: 'ci' });
  await app.ask(`/api/v1/tokens/${id}/pause`, { as: app.root, json: {} });
  expect(textOf(await pageOf(id))).toContain(
    'Give its program the new value, then ask an Organization Superuser, such as root@example.com , to resume the token. If nothing needs the token, revoke it.',
  );
  expect(textOf(await pageOf(id, auditor))).toContain(
    'If it leaked, its owner can rotate the token before that. A rotation ends the old value at once. Its owner or an Organization Superuser can also revoke it.',
  );
});

it('names no superuser who was deleted since the pause', async () => {
  const { app, pageOf } = await open();
  const former = await app.addMember({ email: 'former@example.com', superuser: true });
  const { id } = await createToken(app, app.dev, { name: 'ci' });
  await app.ask(`/api/v1/tokens/${id}/pause`, { as: former, json: {} });
  expect(textOf(await pageOf(id))).toContain('such as former@example.com');
  expect((await app.ask(`/api/v1/users/${former.id}`, { method: 'DELETE', as: app.root })).status).toBe(204);
  expect(textOf(await pageOf(id))).toContain('then ask an Organization Superuser to resume the token');
});

it('shows the prefix before a pause, and the owner to a superuser', async () => {
  const { app, pageOf } = await open();
  const { id, prefix } = await createToken(app, app.dev, { name: 'ci' });
  const dialogFor = async (reader: typeof app.dev) =>
    textOf(/<dialog.*<\/dialog>/s.exec(await pageOf(id, reader, '?dialog=pause'))?.[0] ?? '');
  expect(await dialogFor(app.dev)).toContain(`Prefix ${prefix} How long?`);
  expect(await dialogFor(app.root)).toContain(`Prefix ${prefix} Owner dev@example.com How long?`);
});
