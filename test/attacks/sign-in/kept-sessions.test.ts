import { expect, onTestFinished, test } from 'vitest';
import { openTestApp, password } from '../../helpers/app/app.ts';
import { turnOn } from '../../helpers/sign-in/totp.ts';

const day = 24 * 60 * 60_000;

test('a session that changes the password, or the second factor ends when it would have ended', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  const find = async () => (await app.services.sessions.authenticate(app.dev.session))?.session;
  const { expiresAt, consoleStartedAt } = (await find()) ?? expect.fail();
  await turnOn(app, app.dev);
  const json = { current: password, new: 'another staple battery horse' };
  expect((await app.ask('/api/v1/me/password', { method: 'PUT', as: app.dev, json })).status).toBe(204);
  expect(await find()).toMatchObject({ expiresAt, consoleStartedAt });
  for (let hours = 0; hours < 30 * 24; hours += 1) {
    expect(await find(), `after ${hours} hours`).toBeDefined();
    app.clock.advance(day / 24);
  }
  expect(await find()).toBeUndefined();
});
