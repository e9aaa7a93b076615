import { expect, it, onTestFinished } from 'vitest';
import { openTestApp } from '../../helpers/app/app.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

const team = '/organization/team';

async function open(invite: { invite?: 'yes' } = { invite: 'yes' }) {
  const app = await openTestApp({ smtpUrl: 'smtp://127.0.0.1:1' });
  onTestFinished(app.close);
  const browser = openConsole(app, app.root);
  await browser.get(`${team}?dialog=add`);
  await browser.submit(team, { email: 'ada@example.com', name: 'Ada', ...invite });
  const { id = '' } = (await app.store.users.findByEmail('ada@example.com')) ?? {};
  return { ...app, browser, id, page: `${team}/${id}` };
}

it('is offered in the menu of an invited member and on their page, and for no one else', async () => {
  const { browser, id, page, dev, addMember, ...app } = await open();
  const { html } = await browser.get(team);
  expect(html.match(/Copy invitation link/g)).toHaveLength(1);
  expect(html).toContain(`href="${team}?dialog=invitation-link&amp;id=${id}"`);
  expect((await browser.get(page)).html).toContain(`href="${page}?dialog=invitation-link"`);
  for (const path of [`${team}/${dev.id}`, `${team}/${dev.id}?dialog=invitation-link`]) {
    expect((await browser.get(path)).html).not.toContain('invitation-link');
  }
  const auditor = openConsole(
    { ...app, dev, addMember },
    await addMember({ email: 'vera@example.com', auditor: true }),
  );
  for (const path of [team, page, `${page}?dialog=invitation-link`]) {
    const shown = await auditor.get(path);
    expect([shown.status, shown.html.includes('invitation-link')]).toEqual([200, false]);
  }
});

it('says first that the mailed link stops working, and then shows the new one once', async () => {
  const { browser, page } = await open();
  const asked = textOf(
    /<dialog.*<\/dialog>/s.exec((await browser.get(`${page}?dialog=invitation-link`)).html)?.[0] ?? '',
  );
  expect(asked).toContain('Make an invitation link for Ada?');
  expect(asked).toContain(
    'The link of the earlier invitation stops working. An invitation that waits to be mailed is not sent.',
  );
  const { status, html } = await browser.submit(`${page}/invitation-link`);
  expect([status, /value="https:\/\/tokens\.example\.com\/invitation\?token=[^"]*"/.test(html)]).toEqual([200, true]);
  expect(textOf(html)).toContain('The link of the earlier invitation no longer works.');
  expect(textOf(html)).not.toContain('No mail server');
});

it('speaks of no earlier invitation to a member who was never invited', async () => {
  const { browser, page } = await open({});
  for (const dialog of ['invitation-link', 'invite']) {
    const { html } = await browser.get(`${page}?dialog=${dialog}`);
    expect(html).toContain('<dialog');
    expect(textOf(html)).not.toContain('earlier invitation');
  }
  await browser.get(`${page}?dialog=invitation-link`);
  const { status, html } = await browser.submit(`${page}/invitation-link`);
  expect([status, html.includes('/invitation?token=')]).toEqual([200, true]);
  expect(textOf(html)).not.toContain('earlier invitation');
});

it('is not made for a member who joined in the meantime', async () => {
  const { browser, page, store, id } = await open();
  await browser.get(`${page}?dialog=invitation-link`);
  await store.users.setPasswordHash(id, 'x');
  const { status, html } = await browser.submit(`${page}/invitation-link`);
  expect([status, textOf(html).includes('Nothing was changed. This member has joined already.')]).toEqual([409, true]);
});
