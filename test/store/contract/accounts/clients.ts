import { expect, it } from 'vitest';
import type { ClientRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { firstPage, nextId, noon } from '../records.ts';

function client(changes: Partial<ClientRecord> = {}): ClientRecord {
  const id = nextId();
  const names = { clientId: `client_${id}`, name: `Client ${id}`, nameFolded: `client ${id}` };
  return { id, ...names, secretHash: `hash-of-${id}`, canRevoke: false, canReport: false, createdAt: noon, ...changes };
}

export function clientContract(store: () => Store): void {
  const add = async (changes: Partial<ClientRecord> = {}) => {
    const made = client(changes);
    expect(await store().clients.insert(made)).toBe(true);
    return made;
  };

  it('returns a client as it was registered', async () => {
    const all = [await add(), await add({ canRevoke: true }), await add({ canReport: true })];
    for (const made of all) {
      expect(await store().clients.findById(made.id)).toEqual(made);
      expect(await store().clients.findByClientIds(['none', made.clientId])).toEqual([null, made]);
    }
    expect(await store().clients.findByClientIds(['none'])).toEqual([null]);
    // These share one statement. An odd client ID must not make the lookup of the others fail.
    const odd = ['a\0b', '\ud800', "' OR 1=1 --", ''];
    const asked = [...odd, ...all.map(({ clientId }) => clientId)];
    expect(await store().clients.findByClientIds(asked)).toEqual([...odd.map(() => null), ...all]);
  });

  it('rejects a second client with the same name', async () => {
    const first = await add({ nameFolded: 'gateway' });
    expect(await store().clients.insert(client({ nameFolded: 'gateway' }))).toBe(false);
    expect(await store().clients.list(firstPage)).toEqual([first]);
  });

  it('lists newest first, in pages', async () => {
    const [oldest, middle, newest] = [await add(), await add(), await add()];
    expect(await store().clients.list(firstPage)).toEqual([newest, middle, oldest]);
    expect(await store().clients.list({ limit: 1, before: newest.id })).toEqual([middle]);
  });

  it('changes the rights of a client, and locks a client', async () => {
    const made = await add();
    expect(await store().clients.setRights(made.id, { canRevoke: true, canReport: true })).toBe(true);
    expect(await store().clients.findById(made.id)).toEqual({ ...made, canRevoke: true, canReport: true });
    expect(await store().clients.setRights('none', { canRevoke: true, canReport: true })).toBe(false);
    await store().transaction(async (store) => {
      expect(await store.clients.lock(made.id)).toEqual({ ...made, canRevoke: true, canReport: true });
      expect(await store.clients.lock('none')).toBeNull();
    });
  });

  it("changes a client's secret and deletes a client", async () => {
    const made = await add();
    expect(await store().clients.setSecretHash(made.id, 'other')).toBe(true);
    expect(await store().clients.findById(made.id)).toEqual({ ...made, secretHash: 'other' });
    expect(await store().clients.setSecretHash('none', 'other')).toBe(false);
    expect(await store().clients.delete(made.id)).toBe(true);
    expect(await store().clients.delete(made.id)).toBe(false);
    expect(await store().clients.findByClientIds([made.clientId])).toEqual([null]);
  });
}
