import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp, verdict } from '../../../helpers/app/app.ts';
import { openConsole, textOf } from '../../../helpers/console/pages.ts';

async function open(pausedBy: 'dev' | 'root', pause: object = {}) {
  const app = await openTestApp();
  onTestFinished(app.close);
  const token = await createToken(app, app.dev, { name: 'ci', expires_in: 90 * 86_400 });
  const act = (action: string, json: object = {}) =>
    app.ask(`/api/v1/tokens/${token.id}/${action}`, { method: 'POST', as: app[pausedBy], json });
  await act('pause', pause);
  app.clock.advance(1000);
  return { app, token, act, path: `/profile/api-tokens/${token.id}`, browser: openConsole(app, app.dev) };
}

const valueIn = (html: string) => /id="value"[^>]* value="([^"]+)"/.exec(html)?.[1] ?? '';
const keyIn = (html: string) => /name="key" value="([0-9a-f-]{36})"/.exec(html)?.[1] ?? '';

/** The next step of the owner after the rotation. */
const resumption = {
  dev: 'resume the token',
  root: 'ask an Organization Superuser, such as root@example.com , to resume the token',
};

it.each(['dev', 'root'] as const)('rotates a token that %s paused, and keeps it paused', async (pausedBy) => {
  const { app, token, act, path, browser } = await open(pausedBy);
  expect((await browser.get(path)).html).toContain(`href="${path}?dialog=rotate"`);
  const { html: dialog } = await browser.get(`${path}?dialog=rotate`);
  expect(textOf(dialog)).toContain(
    `This token is paused. The old value ends at once. The new value works when the pause ends. Give it to its program, then ${resumption[pausedBy]}.`,
  );
  expect(dialog).not.toContain('type="radio"');
  expect(dialog).toContain('name="overlap" value="0"');
  const { status, html } = await browser.submit(`${path}/rotate`, { key: keyIn(dialog), overlap: '0', ends: '' });
  const value = valueIn(html);
  expect(textOf(html)).toContain(
    `The old value no longer works. The token is still paused. The new value works when the pause ends. Give it to its program, then ${resumption[pausedBy]}.`,
  );
  expect([status, await verdict(app, token.token), await verdict(app, value)]).toEqual([200, 'rotated', 'paused']);
  const page = textOf((await browser.get(path)).html);
  expect(page).toContain(
    `It was rotated on 23 Nov 2026, 16:20 UTC , while it was paused. When the pause ends, only its new value works. Give its program the new value, then ${resumption[pausedBy]}.`,
  );
  expect(page).not.toContain('works again');
  const resumer = openConsole(app, app[pausedBy]);
  expect(textOf((await resumer.get(`${path}?dialog=resume`)).html)).toContain(
    'Requests that use its new value are accepted. The values from before its rotation stay ended.',
  );
  await act('resume');
  expect([await verdict(app, token.token), await verdict(app, value)]).toEqual(['rotated', 200]);
});

it('says when the pause ends by itself, and which earlier value ends, too', async () => {
  const { app, token, act, path, browser } = await open('dev', { for: 86_400 });
  await act('resume');
  await act('rotate');
  await act('pause', { for: 86_400 });
  const { html: dialog } = await browser.get(`${path}?dialog=rotate`);
  expect(textOf(dialog)).toContain(
    `The old value ends at once, and so does the value ${token.prefix} from before the last rotation. The new value works when the pause ends, on 24 Nov 2026, 16:20 UTC at the latest. Give it to its program, then resume the token.`,
  );
  expect(dialog).toContain(`name="ends" value="${token.prefix}"`);
  const form = { key: keyIn(dialog), overlap: '0', ends: token.prefix };
  expect((await browser.submit(`${path}/rotate`, form)).status).toBe(200);
  expect(await verdict(app, token.token)).toBe('rotated');
});

it('shows the form of a paused token if the token was paused since the form was opened', async () => {
  const { app, token, act, path, browser } = await open('root');
  await act('resume');
  const { html: dialog } = await browser.get(`${path}?dialog=rotate`);
  await act('pause');
  const form = { key: keyIn(dialog), overlap: '3600', ends: '' };
  const { status, html } = await browser.submit(`${path}/rotate`, form);
  expect([status, await verdict(app, token.token)]).toEqual([409, 'paused']);
  expect(textOf(html)).toContain('A paused token can be rotated only so that the old value ends at once (overlap 0).');
  expect([html.includes('type="radio"'), html.includes('name="overlap" value="0"')]).toEqual([false, true]);
});

it('offers the rotation of a paused token in the menu of its row, and to nobody but its owner', async () => {
  const { app, path, browser } = await open('root');
  const link = `href="${path}?dialog=rotate"`;
  expect((await browser.get('/profile/api-tokens')).html).toContain(link);
  const superuser = openConsole(app, app.root);
  expect([(await superuser.get(path)).html, (await superuser.get('/organization/tokens')).html].join()).not.toContain(
    link,
  );
  const text = textOf((await superuser.get(path)).html);
  expect(text).toContain('its owner can rotate the token before that. A rotation ends the old value at once.');
  app.clock.advance(91 * 86_400_000);
  const { html } = await openConsole(app, { ...app.dev, session: await app.signIn(app.dev.id) }).get(path);
  expect([html.includes('It has expired, too'), html.includes(link)]).toEqual([true, false]);
});
