import { expect, it } from 'vitest';
import { addDeveloper, signIn } from '../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { eventually } from '../helpers/daemon/process.ts';
import { startMailServer } from '../helpers/peers/mail-server.ts';

const { cleanUp, newDataDir, start } = useDaemons();

it('mails the owner once per creation and revocation, with time, IP address and user agent', async () => {
  const server = await startMailServer();
  cleanUp(server.close);
  const daemon = await start(await newDataDir(), { TOKENSD_SMTP_URL: server.url });
  const root = await signIn(daemon.url, superuser);
  const dev = await addDeveloper(daemon.url, root);
  const headers = { 'X-Forwarded-For': '198.51.100.7', 'User-Agent': 'pipeline/1.0' };
  const created = (await (await dev.request('POST', '/tokens', { name: 'ci' }, headers)).json()) as {
    id: string;
    prefix: string;
    token: string;
  };
  await dev.request('DELETE', `/tokens/${created.id}`, undefined, headers);
  await eventually(() => server.received.length >= 2, 'two mails', 10_000);
  // A duplicate mail would arrive within this time.
  await new Promise((resolve) => setTimeout(resolve, 1500));

  expect(server.received.map(({ recipients }) => recipients)).toEqual([['dev@example.com'], ['dev@example.com']]);
  const subjects = server.received.map(({ parsed }) => parsed.subject).sort();
  expect(subjects).toEqual([expect.stringContaining('created'), expect.stringContaining('revoked')]);
  for (const { parsed, raw } of server.received) {
    for (const body of [parsed.text ?? '', parsed.html || '']) {
      for (const fact of ['ci', created.prefix, '198.51.100.7', 'pipeline/1', 'UTC']) expect(body).toContain(fact);
    }
    expect(raw.toString()).not.toContain(created.token);
  }
});
