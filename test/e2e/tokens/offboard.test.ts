import { expect, it } from 'vitest';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import type { CreatedToken, Token } from '../../../shared/schemas/tokens/tokens.ts';
import { addDeveloper, type Client, signIn, verify } from '../../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { eventually, runProgram, seenSecrets } from '../../helpers/daemon/process.ts';
import { startMailServer } from '../../helpers/peers/mail-server.ts';

const { cleanUp, newDataDir, start } = useDaemons();
const graceSeconds = 15;

it('keeps the builds of a leaver running, and ends the values that the leaver knows at the rotation or after the grace', async () => {
  const mailServer = await startMailServer();
  cleanUp(mailServer.close);
  const daemon = await start(await newDataDir(), { TOKENSD_SMTP_URL: mailServer.url });
  const root = await signIn(daemon.url, superuser);
  const [ada, dev] = [await addDeveloper(daemon.url, root, 'ada@example.com'), await addDeveloper(daemon.url, root)];
  const run = async <T>(as: Client, ...args: string[]): Promise<T> => {
    const env = { TOKENS_SERVER: daemon.url, TOKENS_SESSION: as.session };
    const ran = await runProgram('tokens', [...args, '--json'], { env });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(ran.stdout);
  };
  const request = async (value: string) => {
    const { status, headers } = await verify(daemon.url, value);
    return [status, headers.get(status === 200 ? 'x-auth-user' : 'x-tokens-reason')];
  };
  await run(root, 'service-accounts', 'create', 'ci', '--maintainer', dev.user.email);

  // Builds use two tokens. One of them was rotated a moment ago, so both of its values work.
  const old = await run<CreatedToken>(ada, 'create', 'deploy', '--expires', '90d');
  const deploy = await run<CreatedToken>(ada, 'rotate', 'deploy', '--overlap', '1h');
  const nightly = await run<CreatedToken>(ada, 'create', 'nightly');
  const unused = await run<CreatedToken>(ada, 'create', 'unused');
  for (const { token } of [old, deploy, nightly, unused]) seenSecrets.add(token);
  for (const { token } of [old, deploy, nightly]) expect(await request(token)).toEqual([200, 'ada@example.com']);
  await eventually(async () => {
    const tokens = await run<Token[]>(ada, 'list');
    return tokens.filter(({ last_used }) => last_used !== null).length === 2;
  }, 'the uses to be stored');

  const transfer = ['--transfer-to', 'ci', '--grace', `${graceSeconds}s`, '--yes'];
  const offboarded = await run(root, 'offboard', 'ada@example.com', ...transfer);
  const offboardedAt = Date.now();
  expect(offboarded).toMatchObject({ email: 'ada@example.com', disabled: true, transferred: 2, revoked: 1 });
  expect(await request(deploy.token)).toEqual([200, 'service-account:ci']);
  expect(await request(nightly.token)).toEqual([200, 'service-account:ci']);
  expect(await request(old.token)).toEqual([401, 'rotated']);
  expect(await request(unused.token)).toEqual([401, 'revoked']);
  expect((await ada.request('GET', '/me')).status).toBe(401);
  for (const { expires_at } of await run<Token[]>(dev, 'list', '-s', 'ci')) {
    expect(Date.parse(expires_at ?? '')).toBeLessThanOrEqual(offboardedAt + graceSeconds * 1000);
  }

  // A maintainer rotates one token, which gives it its full life back.
  const rotated = await run<CreatedToken>(dev, 'rotate', '-s', 'ci', 'deploy', '--overlap', '0');
  seenSecrets.add(rotated.token);
  expect(await request(deploy.token)).toEqual([401, 'rotated']);
  await eventually(async () => (await verify(daemon.url, nightly.token)).status !== 200, 'the grace to end', 30_000);
  expect(Date.now()).toBeGreaterThan(offboardedAt + (graceSeconds - 5) * 1000);
  expect(await request(nightly.token)).toEqual([401, 'expired']);
  expect(await request(rotated.token)).toEqual([200, 'service-account:ci']);
  expect(rotated).toMatchObject({ owner: 'service-account:ci', lifetime: deploy.lifetime });
  expect(Date.parse(rotated.expires_at ?? '')).toBeGreaterThan(offboardedAt + 89 * 24 * 60 * 60 * 1000);

  const mailsTo = (reader: string) => mailServer.received.filter(({ recipients }) => recipients.includes(reader));
  const received = 'Service account "ci" received 2 API tokens';
  await eventually(() => mailsTo('dev@example.com').length >= 2, 'the mails to the maintainer');
  const subjects = (reader: string) => mailsTo(reader).map(({ parsed }) => parsed.subject ?? '');
  expect(subjects('dev@example.com')).toContainEqual(expect.stringContaining(received));
  expect(subjects('ada@example.com')).toEqual(
    expect.arrayContaining([
      expect.stringContaining('2 API tokens were transferred'),
      expect.stringContaining('API token "unused" was revoked'),
    ]),
  );
  const advice = mailsTo('dev@example.com').find(({ parsed }) => parsed.subject?.includes(received))?.parsed.text;
  for (const name of ['deploy', 'nightly']) expect(advice).toContain(`tokens rotate ${name} --service-account ci`);
  for (const { raw } of mailServer.received) {
    for (const { token } of [old, deploy, nightly, unused, rotated]) expect(raw.toString()).not.toContain(token);
  }

  const events = (await run<AuditEvent[]>(root, 'audit')).reverse();
  const story = events.slice(events.findIndex(({ action }) => action === 'token.previous_ended'));
  const by = (email: string) => expect.objectContaining({ kind: 'user', email });
  const names = story.map(({ action, target }) => [action, target?.name]);
  expect(names.slice(0, 3).sort()).toEqual([
    ['token.previous_ended', 'deploy'],
    ['token.transferred', 'deploy'],
    ['token.transferred', 'nightly'],
  ]);
  expect(names.slice(3, 6)).toEqual([
    ['user.disabled', 'ada@example.com'],
    ['token.revoked', 'unused'],
    ['token.rotated', 'deploy'],
  ]);
  expect(story.slice(0, 6).map(({ actor }) => actor)).toEqual([
    ...Array.from({ length: 5 }, () => by('root@example.com')),
    by('dev@example.com'),
  ]);
  const owner = { field: 'owner', from: 'ada@example.com', to: 'service-account:ci' };
  for (const { action, changes } of story) {
    if (action === 'token.transferred') expect(changes).toContainEqual(owner);
  }
});
