import { afterAll, beforeAll, expect, it } from 'vitest';
import { addDeveloper } from '../helpers/daemon/api.ts';
import { useNodes } from '../helpers/daemon/nodes.ts';
import { eventually } from '../helpers/daemon/process.ts';
import { isFullLength } from '../helpers/length.ts';
import { type Receiver, startReceiver } from '../helpers/webhooks/receiver.ts';

const events = isFullLength ? 2_000 : 300;

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());
const nodes = useNodes('embedded', 2);

it('sends each event once from two daemons on one database, and a disabled webhook nothing from either', async () => {
  const { daemons, root } = nodes();
  const hook = { url: receiver.url, events: ['token.created'] };
  const created = await root.request('POST', '/webhooks', hook);
  expect(created.status).toBe(201);
  const { id } = (await created.json()) as { id: string };
  const urls = daemons.map(({ url }) => url);
  const members = await Promise.all(urls.map((url, index) => addDeveloper(url, root, `dev${index}@example.com`)));
  await Promise.all(
    members.map(async (member, index) => {
      for (let i = 0; i < events / 2; i += 1) await member.createToken(`ci-${index}-${i}`);
    }),
  );
  const ids = () => receiver.received.map((request) => request.id);
  await eventually(() => new Set(ids()).size === events, 'every event', 120_000);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(ids()).toHaveLength(events);
  await root.request('PATCH', `/webhooks/${id}`, { disabled: true });
  for (const member of members) await member.createToken('unseen');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(ids()).toHaveLength(events);
}, 300_000);
