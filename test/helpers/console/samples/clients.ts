import { hashSecret } from '../../../../server/domain/secrets.ts';
import type { ClientRecord } from '../../../../server/store/records.ts';
import { foldName } from '../../../../shared/names.ts';
import type { World } from '../../../browser/world.ts';

type Samples = Pick<World, 'store' | 'clock' | 'services'>;

const firstId = '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4c01';

const clients: Array<Pick<ClientRecord, 'name' | 'canRevoke' | 'canReport'>> = [
  { name: 'api-gateway', canRevoke: false, canReport: false },
  { name: 'W'.repeat(64), canRevoke: true, canReport: true },
  { name: 'gitleaks of the night', canRevoke: false, canReport: true },
];

/** Returns the path of the page of a client: one with a name as wide as possible, and with a history. */
export async function widestClient(world: Samples): Promise<string> {
  await storeClients(world);
  return `/organization/clients/${idOf(1)}`;
}

/** Creates three clients, one of them with events, unless they exist. */
export async function storeClients({ store, clock, services }: Samples): Promise<void> {
  if ((await store.clients.findById(firstId)) !== null) return;
  const createdAt = clock.now();
  for (const [index, client] of clients.entries()) {
    const clientId = `client_8fK2b1QzR4tVw6X${index}`;
    const names = { id: idOf(index), clientId, nameFolded: foldName(client.name) };
    await store.clients.insert({ ...client, ...names, secretHash: hashSecret(clientId), createdAt });
  }
  const root = await store.users.findByEmail('root@example.com');
  if (root === null) throw new Error('The world has no superuser.');
  const clientInfo = { ip: '203.0.113.9', userAgent: null };
  const caller = { user: root, sessionId: '', clientInfo, channel: 'console' } as const;
  const pass = () => undefined;
  await services.clients.edit(caller, idOf(1), { can_report: false }, pass);
  await services.clients.edit(caller, idOf(1), { can_report: true, can_revoke: false }, pass);
  await services.clients.edit(caller, idOf(1), { can_revoke: true }, pass);
}

/** Deletes all clients. */
export async function deleteClients({ store }: Pick<World, 'store'>): Promise<void> {
  for (const { id } of await store.clients.list({ limit: 200, before: null })) await store.clients.delete(id);
}

function idOf(index: number): string {
  return `${firstId.slice(0, -1)}${index + 1}`;
}
