import { expect, it, onTestFinished } from 'vitest';
import { createToken, type Member, openTestApp, verdict } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

const all = '/organization/tokens';
const own = '/profile/api-tokens';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const pause = (id: string, as: Member) => app.ask(`/api/v1/tokens/${id}/pause`, { as, json: {} });
  const subjects = async () => (await app.mails()).map(({ to, subject }) => `${to}: ${subject}`);
  const eventsOf = async (action: string) =>
    (await app.store.audit.list({ limit: 200, before: null })).filter((event) => event.action === action).length;
  return { app, pause, subjects, eventsOf };
}

const chosen = (...tokens: Array<{ id: string }>) => tokens.map(({ id }) => `&token=${id}`).join('');

it('resumes exactly the paused ones among the selected tokens, with one event each and one mail to each other owner', async () => {
  const { app, pause, subjects, eventsOf } = await open();
  const tokens = [];
  for (const name of ['one', 'two', 'never paused']) tokens.push(await createToken(app, app.dev, { name }));
  const [one, two, other] = tokens;
  for (const token of [one, two]) await pause(token?.id ?? '', app.root);
  const browser = openConsole(app, app.root);
  const { html } = await browser.get(`${all}/selected?action=resume${chosen(...tokens)}`);
  expect(textOf(html)).toContain('1 more selected token is not paused or has expired, and stays as it is.');
  expect(textOf(html)).toContain('Resume 2 tokens');
  expect(html).not.toContain(`${other?.id} `);
  const { length } = await subjects();
  const done = await browser.submit(`${all}/selected`);
  expect(textOf(done.html)).toMatch(
    /2 tokens were resumed .*are accepted again, if the rules allow them\..*Resumed: 2/,
  );
  for (const token of tokens) expect(await verdict(app, token.token)).toBe(200);
  expect((await subjects()).slice(length)).toEqual(['dev@example.com: 2 API tokens were resumed']);
  expect(await eventsOf('token.resumed')).toBe(2);
});

it('lets members resume their own tokens, but not what a superuser paused, and tells them of no own change', async () => {
  const { app, pause, subjects } = await open();
  const [mine, stopped] = [
    await createToken(app, app.dev, { name: 'mine' }),
    await createToken(app, app.dev, { name: 'stopped' }),
  ];
  await pause(mine.id, app.dev);
  await pause(stopped.id, app.root);
  const browser = openConsole(app, app.dev);
  const asked = await browser.get(`${own}/selected?action=resume${chosen(mine, stopped)}`);
  expect(textOf(asked.html)).toContain('Resume 1 token?');
  expect(textOf(asked.html)).toContain('1 more selected token can only be resumed by a superuser.');
  const none = await browser.get(`${own}/selected?action=resume${chosen(stopped)}`);
  expect(textOf(none.html)).toMatch(/No token to resume 1 selected token can only be resumed by a superuser\./);
  expect(none.html).not.toContain(`action="${own}/selected"`);
  const { length } = await subjects();
  // A form that was changed to name more tokens changes no more.
  await browser.get(`${own}/selected?action=resume${chosen(mine)}`);
  const shown = textOf((await browser.submit(`${own}/selected`, { ids: `${mine.id} ${stopped.id}` })).html);
  expect(shown).toContain('1 token was resumed');
  expect(shown).toMatch(/Skipped: 1 stopped dev@example\.com · you may not change it/);
  expect([await verdict(app, mine.token), await verdict(app, stopped.token)]).toEqual([200, 'paused']);
  expect((await subjects()).slice(length)).toEqual([]);
});

it('lets no maintainer resume a management key, and no member the tokens of others', async () => {
  const { app, pause } = await open();
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const key = await createAccountToken(app, app.root, 'ci', {
    name: 'key',
    manage: ['tokens:read'],
    expires_in: 86_400,
  });
  const foreign = await createToken(app, await app.addMember({ email: 'bob@example.com', can_manage_tokens: true }), {
    name: 'foreign',
  });
  const mine = await createToken(app, app.dev, { name: 'mine' });
  for (const { id } of [key, foreign, mine]) await pause(id, id === mine.id ? app.dev : app.root);
  const browser = openConsole(app, app.dev);
  await browser.get(`${own}/selected?action=resume${chosen(mine)}`);
  await browser.submit(`${own}/selected`, { ids: [key.id, foreign.id, mine.id].join(' ') });
  const paused = async (id: string) => (await app.store.tokens.findById(id))?.pausedAt !== null;
  expect([await paused(key.id), await paused(foreign.id), await paused(mine.id)]).toEqual([true, true, false]);
});

it('leaves a token that expired while it was paused, and says so', async () => {
  const { app, pause } = await open();
  const gone = await createToken(app, app.dev, { name: 'gone', expires_in: 3600 });
  const kept = await createToken(app, app.dev, { name: 'kept', expires_in: 86_400 });
  for (const { id } of [gone, kept]) await pause(id, app.dev);
  const browser = openConsole(app, app.dev);
  await browser.get(`${own}/selected?action=resume${chosen(gone, kept)}`);
  app.clock.advance(2 * 3_600_000);
  const shown = textOf((await browser.submit(`${own}/selected`)).html);
  expect(shown).toContain('1 token was resumed');
  expect(shown).toMatch(/Skipped: 1 gone dev@example\.com · expired/);
});
