import { expect, it } from 'vitest';
import type { Store } from '../../../../server/store/store.ts';
import { addToken, addUser } from '../records.ts';
import { addApp, appRecord } from './apps.ts';

export function appLookupContract(store: () => Store): void {
  it('finds tokens and apps in one lookup, each app by its name and by its hosts', async () => {
    const [ssoGroups, manualGroups] = ['["developers"]', '["on-call","night"]'];
    const owner = await addUser(store(), { ssoGroups, manualGroups });
    const [one, two] = [
      await addToken(store(), owner.id, { rules: '{"read_only":true}' }),
      await addToken(store(), owner.id),
    ];
    const app = await addApp(store(), {
      hosts: ['wiki.example.com', 'notes.example.com'],
      groups: ['developers', 'on-call, night'],
      preflight: 'pass',
    });
    const other = await addApp(store(), { hosts: ['other.example.com'] });

    const found = await store().tokens.findByHashesAndApps([two.hash, 'stranger', one.hash], {
      names: ['no-such-app', other.name, app.name],
      hosts: ['nobody.example.com', 'notes.example.com', 'wiki.example.com'],
    });
    const { id, name, groups, preflight } = app;
    const match = { id, name, groups, preflight };
    const otherMatch: typeof match = { id: other.id, name: other.name, groups: [], preflight: 'deny' };
    expect(found.matches).toEqual([
      expect.objectContaining({ id: two.id, rules: null, ownerSsoGroups: ssoGroups, ownerManualGroups: manualGroups }),
      null,
      expect.objectContaining({ id: one.id, rules: '{"read_only":true}' }),
    ]);
    expect(new Map(found.appsByName)).toEqual(
      new Map([
        [other.name, otherMatch],
        [app.name, match],
      ]),
    );
    expect(new Map(found.appsByHost)).toEqual(
      new Map([
        ['notes.example.com', match],
        ['wiki.example.com', match],
      ]),
    );
  });

  it('finds one token beside an app, and apps without a token', async () => {
    const token = await addToken(store(), (await addUser(store())).id);
    const app = await addApp(store(), { hosts: ['alone.example.com'] });
    const none = { names: [], hosts: [] };
    const byName = await store().tokens.findByHashesAndApps([token.hash], { ...none, names: [app.name] });
    expect(byName.matches).toEqual([expect.objectContaining({ id: token.id })]);
    expect(byName.appsByName.get(app.name)?.id).toBe(app.id);
    expect(byName.appsByHost.size).toBe(0);
    const byHost = await store().tokens.findByHashesAndApps([], { ...none, hosts: ['alone.example.com'] });
    expect(byHost.matches).toEqual([]);
    expect(byHost.appsByHost.get('alone.example.com')?.id).toBe(app.id);
    expect(await store().tokens.findByHashesAndApps([], none)).toMatchObject({ matches: [] });
  });

  it("sees the transaction's own apps and tokens in a lookup inside it", async () => {
    const owner = await addUser(store());
    await store().transaction(async (store) => {
      const tokens = [await addToken(store, owner.id), await addToken(store, owner.id)];
      const app = appRecord({ hosts: ['inside.example.com'] });
      await store.apps.insert(app);
      const hashes = tokens.map(({ hash }) => hash);
      for (const some of [hashes, hashes.slice(0, 1)]) {
        const found = await store.tokens.findByHashesAndApps(some, { names: [app.name], hosts: app.hosts });
        expect(found.matches.map((match) => match?.name)).toEqual(tokens.slice(0, some.length).map(({ name }) => name));
        expect([found.appsByName.get(app.name)?.id, found.appsByHost.get('inside.example.com')?.id]).toEqual([
          app.id,
          app.id,
        ]);
      }
    });
  });

  it('finds a tombstone beside an app, and takes text in any form as a name', async () => {
    const owner = await addUser(store());
    const revoked = await addToken(store(), owner.id);
    await store().transaction((store) =>
      store.tokens.destroy(revoked.id, 1, { kind: 'user', id: owner.id, email: owner.email }),
    );
    const found = await store().tokens.findByHashesAndApps([revoked.hash], {
      names: ["' OR 1=1 --", '', '\\', '"', 'a\0b', '{', '😀'],
      hosts: ["'", '}'],
    });
    expect(found.matches).toEqual([expect.objectContaining({ kind: 'tombstone', reason: 'revoked' })]);
    expect([found.appsByName.size, found.appsByHost.size]).toEqual([0, 0]);
  });
}
