import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createSendMail } from '../../../server/jobs/send-mail.ts';
import { MailFailure } from '../../../server/mail/mailer.ts';
import { createToken, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { recordingLog } from '../../helpers/app/log.ts';
import { openSsoApp, signInBySso } from '../../helpers/console/sso.ts';
import { startIdentityProvider, type TestProvider } from '../../helpers/peers/identity-provider.ts';

const address = 'Zebedee@example.com';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startIdentityProvider('https://tokens.example.com');
});
afterAll(() => provider.stop());

/** Returns the lines of a log that have an email address, and checks that all lines are JSON. */
function linesWithAddress(lines: readonly string[]): string[] {
  for (const line of lines) JSON.parse(line);
  return lines.filter((line) => /zebedee|example\.com|@|%40/i.test(line.replaceAll('https://tokens.example.com', '')));
}

it('leaves out addresses from a sign-in through the identity provider, even if the subject is one', async () => {
  const app = await openSsoApp(provider, { allowedDomains: ['example.com'], autoProvision: true });
  const claims = { email: address, email_verified: false, name: address };
  provider.people[address] = { password: 'pw', ...claims };
  expect((await signInBySso(app, provider, address)).session).toBeUndefined();
  provider.people[address] = { password: 'pw', ...claims, email: 'zebedee@elsewhere.example', email_verified: true };
  expect((await signInBySso(app, provider, address)).session).toBeUndefined();
  provider.people[address] = { password: 'pw', ...claims, email_verified: true };
  expect((await signInBySso(app, provider, address)).session).toBeDefined();
  expect(app.logLines.filter((line) => line.includes('single sign-on was refused'))).toHaveLength(2);
  expect(linesWithAddress(app.logLines)).toEqual([]);
});

it('leaves out addresses in the reply of a mail server', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'ci' });
  const { log, lines } = recordingLog();
  const reply = `550 5.7.1 <${address}>: refused by\nroot@example.com, see https://x.example/${encodeURIComponent(address)}`;
  const mailer = {
    send: () => Promise.reject(new MailFailure(reply, 'recipient', null)),
    close: async () => {},
  };
  const { store, clock, services } = app;
  const jobs = createSendMail({ store, clock, log, mailer, ...services }, 1);
  await jobs[0]?.run(new AbortController().signal);
  expect(lines.filter((line) => line.includes('550 5.7.1'))).not.toEqual([]);
  expect(linesWithAddress(lines)).toEqual([]);
});

it('leaves out the paths of requests and wrong input', async () => {
  const app = await open();
  for (const path of [address, encodeURIComponent(address), `x?email=${address}`]) {
    await app.ask(`/api/v1/users/${path}`, { as: app.root });
    await app.ask(`/${path}`);
  }
  await app.ask('/api/v1/users', { as: app.root, json: { email: address } });
  await app.ask('/api/v1/users', { as: app.root, json: { email: address } });
  await app.ask('/api/v1/sessions', { json: { email: address, password: 'wrong' } });
  expect(app.logLines.length).toBeGreaterThan(5);
  expect(linesWithAddress(app.logLines)).toEqual([]);
});

it('leaves out addresses of any form, and nothing else', () => {
  const { log, lines } = recordingLog();
  const texts = {
    'first\nzebedee@example.com': 'first\n[address]',
    '"zebedee@example.com"': '"[address]"',
    'C:\\zebedee@example.com': 'C:\\[address]',
    "o'zebedee+x@bücher.example, b@localhost": '[address], [address]',
    '/users/zebedee%40example.com?x=1': '/users/[address]?x=1',
    'node_modules/@hono/node-server at 12:30, 50% of 2 @ once':
      'node_modules/@hono/node-server at 12:30, 50% of 2 @ once',
  };
  for (const text of Object.keys(texts)) log.error({ err: new Error(text), text }, text);
  const read = lines.map((line) => JSON.parse(line));
  expect(read.map(({ text, msg }) => [text, msg])).toEqual(Object.values(texts).map((text) => [text, text]));
  expect(read.map(({ err }) => err.message)).toEqual(Object.values(texts));
});

async function open(): Promise<TestApp> {
  const app = await openTestApp();
  onTestFinished(app.close);
  return app;
}
