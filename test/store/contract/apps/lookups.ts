import { expect, it } from 'vitest';
import type { AppKey } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addToken, addUser } from '../records.ts';
import { addApp, appRecord } from './apps.ts';

const ofName = (name: string): AppKey => ({ kind: 'name', name });
const ofHost = (host: string): AppKey => ({ kind: 'host', host });

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

    const found = await store().tokens.findByHashesAndApps(
      [two.hash, 'stranger', one.hash],
      [
        ofName('no-such-app'),
        ofHost('nobody.example.com'),
        ofName(other.name),
        ofHost('notes.example.com'),
        ofName(app.name),
        ofHost('wiki.example.com'),
        ofName(other.name),
        // Names are not hosts.
        ofHost(app.name),
        ofName('wiki.example.com'),
      ],
    );
    const { id, name, groups, preflight } = app;
    const match = { id, name, groups, preflight };
    const otherMatch: typeof match = { id: other.id, name: other.name, groups: [], preflight: 'deny' };
    expect(found.matches).toEqual([
      expect.objectContaining({ id: two.id, rules: null, ownerSsoGroups: ssoGroups, ownerManualGroups: manualGroups }),
      null,
      expect.objectContaining({ id: one.id, rules: '{"read_only":true}' }),
    ]);
    expect(found.apps).toEqual([null, null, otherMatch, match, match, match, otherMatch, null, null]);
  });

  it('finds any number of tokens beside no app, one app, or several', async () => {
    const owner = await addUser(store());
    const tokens = [await addToken(store(), owner.id), await addToken(store(), owner.id)];
    const app = await addApp(store(), { hosts: ['alone.example.com'], groups: ['ops'], preflight: 'pass' });
    const { id, name, groups, preflight } = app;
    const match = { id, name, groups, preflight };
    const hashes = ['stranger', ...tokens.map(({ hash }) => hash), 'another'];
    const ids = [undefined, ...tokens.map((token) => token.id), undefined];
    const keys: Array<[AppKey[], unknown[]]> = [
      [[], []],
      [[ofName(name)], [match]],
      [[ofHost('alone.example.com')], [match]],
      [[ofName('no-such-app')], [null]],
      [[ofHost('nobody.example.com')], [null]],
      [[ofName('alone.example.com')], [null]],
      [[ofHost(name)], [null]],
      [
        [ofName(name), ofName(name)],
        [match, match],
      ],
      [
        [ofHost('nobody.example.com'), ofHost('alone.example.com')],
        [null, match],
      ],
      [
        [ofHost('alone.example.com'), ofName(name)],
        [match, match],
      ],
    ];
    for (const [start, end] of [
      [0, 0],
      [0, 1],
      [1, 2],
      [1, 3],
      [0, 4],
    ] as const) {
      for (const [asked, apps] of keys) {
        const found = await store().tokens.findByHashesAndApps(hashes.slice(start, end), asked);
        expect(found.matches.map((match) => (match?.kind === 'token' ? match.id : undefined))).toEqual(
          ids.slice(start, end),
        );
        expect(found.apps).toEqual(apps);
      }
    }
  });

  it("sees the transaction's own apps and tokens in a lookup inside it", async () => {
    const owner = await addUser(store());
    await store().transaction(async (store) => {
      const tokens = [await addToken(store, owner.id), await addToken(store, owner.id)];
      const app = appRecord({ hosts: ['inside.example.com'] });
      await store.apps.insert(app);
      const hashes = tokens.map(({ hash }) => hash);
      for (const some of [hashes, hashes.slice(0, 1)]) {
        const keys = [ofName(app.name), ofHost('inside.example.com')];
        const found = await store.tokens.findByHashesAndApps(some, keys);
        expect(found.matches).toMatchObject(tokens.slice(0, some.length).map(({ name }) => ({ name })));
        expect(found.apps.map((match) => match?.id)).toEqual([app.id, app.id]);
        for (const key of keys) {
          expect((await store.tokens.findByHashesAndApps(some, [key])).apps.map((match) => match?.id)).toEqual([
            app.id,
          ]);
        }
      }
    });
  });

  it('finds a tombstone beside an app, and takes text in any form as a name', async () => {
    const owner = await addUser(store());
    const revoked = await addToken(store(), owner.id);
    await store().transaction((store) =>
      store.tokens.destroy(revoked.id, 1, { kind: 'user', id: owner.id, email: owner.email }),
    );
    const names = ["' OR 1=1 --", '', '\\', '"', 'a\0b', '{', '😀'].map(ofName);
    const hosts = ["'", '}', ''].map(ofHost);
    for (const keys of [[...names, ...hosts], ...names.map((key) => [key]), ...hosts.map((key) => [key])]) {
      for (const hashes of [[revoked.hash], ['stranger', revoked.hash]]) {
        const found = await store().tokens.findByHashesAndApps(hashes, keys);
        expect(found.matches.at(-1)).toEqual(expect.objectContaining({ kind: 'tombstone', reason: 'revoked' }));
        expect(found.apps).toEqual(keys.map(() => null));
      }
    }
  });
}
