import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp, verdict } from '../../helpers/app/app.ts';
import { messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const token = await createToken(app, app.dev, { name: 'ci-pipeline', expires_in: 90 * 86_400 });
  return { app, token, path: `/profile/api-tokens/${token.id}` };
}

const valueIn = (html: string) => /id="value"[^>]* value="([^"]+)"/.exec(html)?.[1] ?? '';

it('rotates a token, shows the new value once, and then both values', async () => {
  const { app, token, path } = await open();
  const browser = openConsole(app, app.dev);
  const { html: dialog } = await browser.get(`${path}?dialog=rotate`);
  expect(textOf(dialog)).toContain('It then expires on 21 Feb 2027 . A rotation renews its life of 90 days.');
  expect(textOf(dialog)).toContain(
    'When does the current value stop working? If the value leaked, choose now. Otherwise, both values work until then, and the page of the token shows when each was last used. now in 1 hour',
  );
  // Otherwise the first choice would receive the focus, and a key press would select it.
  expect(dialog).toMatch(/<input[^>]* value="86400"[^>]* checked=""[^>]* autofocus=""/);
  const key = /name="key" value="([0-9a-f-]{36})"/.exec(dialog)?.[1] ?? '';
  const { status, html } = await browser.submit(`${path}/rotate`, { key, overlap: '3600' });
  const value = valueIn(html);
  expect(textOf(html)).toContain('The old value works until 23 Nov 2026, 17:20 UTC');
  expect(html).toContain(`href="${path}"`);
  expect([status, await verdict(app, value), await verdict(app, token.token)]).toEqual([200, 200, 200]);
  await browser.get(`${path}?dialog=rotate`);
  const again = await browser.submit(`${path}/rotate`, { key, overlap: '3600', ends: '' });
  expect(textOf(again.html)).toContain('The value was already shown');
  const shown = await browser.get(path);
  const text = textOf(shown.html);
  const parts = [
    value.slice(0, 12),
    token.prefix,
    'not used since the rotation',
    'End the old value',
    'shown once, when the token was rotated',
  ];
  for (const part of [...parts, 'Rotated now 23 Nov 2026, 16:20']) expect(text).toContain(part);
  expect(shown.html).not.toContain(value);
  await browser.get(`${path}?dialog=end-previous`);
  expect((await browser.submit(`${path}/end-previous`, {})).status).toBe(303);
  expect(await verdict(app, token.token)).toBe('rotated');
});

it('ends a previous value only if the form said that it would', async () => {
  const { app, token, path } = await open();
  const browser = openConsole(app, app.dev);
  const { html: dialog } = await browser.get(`${path}?dialog=rotate`);
  expect(dialog).toContain('name="ends" value=""');
  await app.ask(`/api/v1/tokens/${token.id}/rotate`, { as: app.dev, json: {} });
  const refused = await browser.submit(`${path}/rotate`, { overlap: '3600', ends: '' });
  expect([refused.status, await verdict(app, token.token)]).toEqual([409, 200]);
  expect(textOf(refused.html)).toContain(`The value ${token.prefix} from before the last rotation still works.`);
  expect(refused.html).toContain(`name="ends" value="${token.prefix}"`);
  const other = await browser.submit(`${path}/rotate`, { overlap: '3600', ends: 'tok_12345678' });
  expect([other.status, await verdict(app, token.token)]).toEqual([409, 200]);
  const rotated = await browser.submit(`${path}/rotate`, { overlap: '3600', ends: token.prefix });
  expect([rotated.status, await verdict(app, token.token)]).toEqual([200, 'rotated']);
});

it('pauses and resumes a token', async () => {
  const { app, token, path } = await open();
  const browser = openConsole(app, app.dev);
  await browser.get(`${path}?dialog=pause`);
  const { location } = await browser.submit(`${path}/pause`, { for: '86400', reason: 'Holidays' });
  expect(location).toEqual(messageAt(path, 'token-paused'));
  expect(await verdict(app, token.token)).toBe('paused');
  const text = textOf((await browser.get(path)).html);
  for (const part of ['Holidays', 'dev@example.com', 'Resume']) expect(text).toContain(part);
  expect(text).not.toContain('Edit');
  await browser.get(`${path}?dialog=resume`);
  await browser.submit(`${path}/resume`, {});
  expect(await verdict(app, token.token)).toBe(200);
});

it('says who paused a token, why and until when, and offers only superusers to end their pause', async () => {
  const { app, path } = await open();
  const superuser = openConsole(app, app.root);
  await superuser.get(`${path}?dialog=pause`);
  await superuser.submit(`${path}/pause`, { for: '86400', reason: 'Seen in a <b>log</b>' });
  const owner = await openConsole(app, app.dev).get(path);
  expect(textOf(owner.html)).toContain(
    'Paused on 23 Nov 2026, 16:20 UTC by root@example.com , until 24 Nov 2026, 16:20 UTC . Reason: Seen in a <b>log</b> Only an Organization Superuser can resume it.',
  );
  expect(owner.html).not.toContain('dialog=resume');
  expect((await superuser.get(path)).html).toContain('dialog=resume');
});

it('edits a token, and shows why a form is rejected', async () => {
  const { app, path } = await open();
  await createToken(app, app.dev, { name: 'taken' });
  const browser = openConsole(app, app.dev);
  await browser.get(`${path}?dialog=edit`);
  const rejected = await browser.submit(`${path}/edit`, { name: 'taken', description: 'Shop' });
  expect([rejected.status, textOf(rejected.html)]).toEqual([409, expect.stringContaining('already have a token')]);
  await browser.get(`${path}?dialog=edit`);
  await browser.submit(`${path}/edit`, { name: 'deploy', description: 'Shop', date: '2026-12-24' });
  const text = textOf((await browser.get(path)).html);
  for (const part of ['deploy', 'Shop', '24 Dec 2026, 23:59 UTC']) expect(text).toContain(part);
});

it('shows the present last day in the form that edits a token, and keeps the exact expiry if the day stays', async () => {
  const { app, token, path } = await open();
  const browser = openConsole(app, app.dev);
  const expiry = async () => (await app.store.tokens.findById(token.id))?.expiresAt;
  const before = await expiry();
  const { html } = await browser.get(`${path}?dialog=edit`);
  expect(textOf(html)).toContain('Expires The token expires on 21 Feb 2027, 16:20 UTC .');
  expect(html).toMatch(/<input id="date"[^>]* value="2027-02-21"[^>]* required=""/);
  await browser.submit(`${path}/edit`, { name: 'deploy', date: '2027-02-21' });
  expect(await expiry()).toBe(before);
  await browser.get(`${path}?dialog=edit`);
  await browser.submit(`${path}/edit`, { name: 'deploy', date: '2027-02-20' });
  expect(await expiry()).toBe(Date.parse('2027-02-20T23:59:59.999Z'));
});

it('changes whether a token rotates itself, and whether new networks are mailed', async () => {
  const { app, token, path } = await open();
  const browser = openConsole(app, app.dev);
  const flags = async () => {
    const { selfRotate, quietNetworks } = (await app.store.tokens.findById(token.id)) ?? {};
    return [selfRotate, quietNetworks];
  };
  await browser.get(`${path}?dialog=edit`);
  await browser.submit(`${path}/edit`, { name: token.name, self_rotate: 'true', network_mail: 'false' });
  expect(await flags()).toEqual([true, true]);
  const { html } = await browser.get(`${path}?dialog=edit`);
  expect(html).toMatch(/name="self_rotate" value="true" checked/);
  expect(html).not.toMatch(/name="network_mail" value="true" checked/);
  const shown = 'self_rotate quiet_networks';
  await browser.submit(`${path}/edit`, { name: token.name, self_rotate: '', network_mail: 'true', shown });
  expect(await flags()).toEqual([false, false]);
  // A form from before that change does not undo it.
  await browser.get(`${path}?dialog=edit`);
  await browser.submit(`${path}/edit`, { name: 'later', self_rotate: 'true', network_mail: 'false', shown });
  expect(await flags()).toEqual([false, false]);
  const eternal = await createToken(app, app.dev, { name: 'eternal' });
  const eternalPath = `/profile/api-tokens/${eternal.id}`;
  await browser.get(`${eternalPath}?dialog=edit`);
  const refused = await browser.submit(`${eternalPath}/edit`, { name: 'eternal', self_rotate: 'true' });
  expect([refused.status, textOf(refused.html)]).toEqual([400, expect.stringContaining('needs an expiry')]);
});

it('offers a superuser to pause the token of another member, and not to rotate or edit it', async () => {
  const { app, token, path } = await open();
  const browser = openConsole(app, app.root);
  const { html } = await browser.get(path);
  expect([html.includes('dialog=pause'), html.includes('dialog=rotate'), html.includes('dialog=edit')]).toEqual([
    ...[true, false, false],
  ]);
  await browser.get(`${path}?dialog=pause`);
  await browser.submit(`${path}/pause`, { for: '0' });
  expect(await verdict(app, token.token)).toBe('paused');
  await browser.get(`${path}?dialog=rotate`);
  const rotated = await browser.submit(`${path}/rotate`, { overlap: '0' });
  expect([rotated.status, valueIn(rotated.html)]).toEqual([403, '']);
  expect(textOf(rotated.html)).toContain('Only the owner of a token may do this');
});

it('names a renamed token by its new name in the message', async () => {
  const { app, path } = await open();
  const browser = openConsole(app, app.dev);
  await browser.get(`${path}?dialog=edit`);
  const { status, location } = await browser.submit(`${path}/edit`, { name: 'renamed' });
  expect(status).toBe(303);
  expect(textOf((await browser.get(location ?? '')).html)).toContain('The token renamed was changed.');
});

it('says which filter of the own list is wrong, and lists nothing', async () => {
  const { app } = await open();
  const browser = openConsole(app, app.dev);
  const { status, html } = await browser.get('/profile/api-tokens?expiring_within=soon&q=ci');
  expect([status, html.includes('ci-pipeline</a>')]).toEqual([400, false]);
  expect(textOf(html)).toContain('Choose one of the listed times.');
});
