import { expect, it, onTestFinished } from 'vitest';
import { openTestApp } from '../helpers/app/app.ts';
import { ssoConfig } from '../helpers/app/sso.ts';
import { openConsole, textOf } from '../helpers/console/pages.ts';

const publicUrl = 'https://example.com/tokens';
const link = `<a href="${publicUrl}/">${publicUrl}</a>`;

async function open() {
  const app = await openTestApp({ publicUrl });
  onTestFinished(app.close);
  return app;
}

it('names and links the public URL on the sign-in page', async () => {
  const { html } = await openConsole(await open()).get('/login');
  expect(html).toContain(link);
  expect(html).toContain('data-public-origin="https://example.com"');
  expect(textOf(html)).toContain(`The address of this console is ${publicUrl}`);
});

it.each([
  ['from another origin', { 'Sec-Fetch-Site': 'cross-site' }, `This form was not sent from ${publicUrl}`],
  ['without the cookies that the browser did not keep', {}, 'or your browser did not keep its cookies'],
])('names and links the public URL if a form is sent %s', async (_how, headers, reason) => {
  const app = await open();
  const browser = openConsole(app);
  await browser.get('/login');
  browser.cookies.clear();
  const fields = { email: app.dev.email, password: app.dev.password };
  const { status, html } = await browser.submit('/login', fields, headers);
  expect(status).toBe(403);
  expect(textOf(html)).toContain(reason);
  expect(html).toContain(link);
});

it('starts single sign-on at the public URL, wherever the console was opened', async () => {
  const app = await openTestApp({ publicUrl, oidc: ssoConfig('https://sso.example.com') });
  onTestFinished(app.close);
  // The provider leads back to the public URL, and the browser sends the cookie of the sign-in only to the host that set it.
  const start = `href="${publicUrl}/login/sso?next=%2Foverview"`;
  const opened = await app.ask('/login', { headers: { Host: '10.0.0.7:8420', Accept: 'text/html' } });
  expect(await opened.text()).toContain(start);
  expect((await openConsole(app).get('/login')).html).toContain(start);
  expect((await openConsole(app, app.dev).get('/profile')).html).toContain(
    `href="${publicUrl}/profile/single-sign-on"`,
  );
});

it('does not speak of the public URL in other errors', async () => {
  const { html } = await openConsole(await open()).get('/profile/nothing-here');
  expect(html).not.toContain('data-public-origin');
});
