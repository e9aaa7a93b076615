import { describe, expect, it } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import { addServiceAccount } from './accounts/service-accounts.ts';
import { addApp } from './apps/apps.ts';
import { addTrust } from './machines/trusts.ts';
import { addToken, addUser, noon } from './records.ts';

const system = { kind: 'system', id: null, email: null } as const;

export function searchContract(store: () => Store): void {
  const textOf = (text: string) => ({ text, folded: text.toLowerCase() });
  const named = (name: string) => ({ name, nameFolded: name.toLowerCase() });
  const find = async (text: string, limit = 10) =>
    (await store().search.tokens(textOf(text), limit)).map(({ token }) => token.name).sort();

  it('finds tokens by name, description and prefix', async () => {
    const { id } = await addUser(store());
    await addToken(store(), id, { ...named('Ci-Pipeline'), description: 'Nightly builds', prefix: 'tok_AAAAbbbb' });
    await addToken(store(), id, { ...named('backup'), description: null, prefix: 'tok_AAAAcccc' });
    await addToken(store(), id, { ...named('ci'), description: null, prefix: 'tok_ZZZZbbbb' });
    expect(await find('ci')).toEqual(['Ci-Pipeline', 'ci']);
    expect(await find('pipe')).toEqual(['Ci-Pipeline']);
    expect(await find('Nightly')).toEqual(['Ci-Pipeline']);
    expect(await find('nightly b')).toEqual(['Ci-Pipeline']);
    expect(await find('tok_AAAA')).toEqual(['Ci-Pipeline', 'backup']);
    expect(await find('tok_AAAAcccc')).toEqual(['backup']);
    expect(await find('tok_aaaacccc')).toEqual([]);
    expect(await find('AAAAcccc')).toEqual([]);
    expect(await find('tok_')).toHaveLength(3);
    expect(await find('tok_', 2)).toHaveLength(2);
  });

  it('takes every character of a text as it is', async () => {
    const { id } = await addUser(store());
    await addToken(store(), id, { ...named('100%_sure'), description: null });
    await addToken(store(), id, { ...named('100 of 100'), description: "it's [a-z]* \\d" });
    expect(await find('%')).toEqual(['100%_sure']);
    expect(await find('100_')).toEqual([]);
    expect(await find("it's")).toEqual(['100 of 100']);
    expect(await find('[a-z]*')).toEqual(['100 of 100']);
    expect(await find('\\d')).toEqual(['100 of 100']);
    expect(await find('.*')).toEqual([]);
    expect(await find("' OR 1=1 --")).toEqual([]);
  });

  it('finds a token by the prefix of an earlier value, and names that prefix', async () => {
    const { id } = await addUser(store());
    const token = await addToken(store(), id, { ...named('rotated'), prefix: 'tok_OLDaaaaa' });
    const kinds = { expiresAt: null, lifetimeMs: null, selfRotated: false, replacesUnused: false };
    const value = { ...kinds, hash: 'new', prefix: 'tok_NEWaaaaa', at: noon + 5, validUntil: noon + 10 };
    await store().transaction((store) => store.tokens.rotate(token.id, value));
    const [found] = await store().search.tokens(textOf('tok_OLD'), 10);
    expect([found?.token.name, found?.earlierPrefix]).toEqual(['rotated', 'tok_OLDaaaaa']);
    const [current] = await store().search.tokens(textOf('tok_NEW'), 10);
    expect([current?.token.name, current?.earlierPrefix]).toEqual(['rotated', null]);
    const owners = { ids: [id], matching: [] };
    const [own] = await store().search.tokensOf(textOf('tok_OLD'), owners, 10);
    expect([own?.token.name, own?.earlierPrefix]).toEqual(['rotated', 'tok_OLDaaaaa']);
  });

  it('finds exchanged tokens by their prefix only', async () => {
    const account = await addServiceAccount(store(), 'ci');
    const { id: trustId } = await addTrust(store(), account);
    const exchanged = { ...named('from-ci'), trustId, prefix: 'tok_JOBaaaaa', expiresAt: noon + 1000 };
    await addToken(store(), account.id, exchanged);
    const owners = { ids: [account.id], matching: [account.id] };
    const findOf = async (text: string) => (await store().search.tokensOf(textOf(text), owners, 10)).length;
    expect([await find('from'), await find('om-c'), await find('tok_JOB')]).toEqual([[], [], ['from-ci']]);
    expect([await findOf('from'), await findOf('om-c'), await findOf('tok_JOB')]).toEqual([0, 0, 1]);
  });

  describe('among tokens that ended', () => {
    const end = (id: string) => store().tokens.destroy(id, noon + 20, system);
    const rotate = (id: string, prefix: string) => {
      const kinds = { expiresAt: null, lifetimeMs: null, selfRotated: false, replacesUnused: false };
      const value = { ...kinds, hash: `hash of ${prefix}`, prefix, at: noon + 5, validUntil: noon + 10 };
      return store().transaction((store) => store.tokens.rotate(id, value));
    };
    const ended = async (text: string, owners?: string[]) =>
      (await store().search.endedTokens(textOf(text), 10, owners)).map(({ token }) => token.name).sort();

    it('finds them by name and by the prefix of each value, and no token that exists', async () => {
      const { id: owner } = await addUser(store());
      const gone = await addToken(store(), owner, { ...named('Gone-Deploy'), prefix: 'tok_GONEaaaa' });
      await addToken(store(), owner, { ...named('living-deploy'), prefix: 'tok_GONEbbbb' });
      await rotate(gone.id, 'tok_NEXTaaaa');
      expect(await ended('deploy')).toEqual([]);
      await end(gone.id);
      for (const owners of [undefined, [owner]]) {
        for (const text of ['gone', 'deploy', 'tok_GONE', 'tok_GONEaaaa', 'tok_NEXT'])
          expect([text, await ended(text, owners)]).toEqual([text, ['Gone-Deploy']]);
        for (const text of ['living', 'tok_gone', 'tok_GONEbbbb', '%'])
          expect([text, await ended(text, owners)]).toEqual([text, []]);
        const [earlier] = await store().search.endedTokens(textOf('tok_GONEaaaa'), 10, owners);
        expect([earlier?.token.prefix, earlier?.earlierPrefix]).toEqual(['tok_NEXTaaaa', 'tok_GONEaaaa']);
        const [current] = await store().search.endedTokens(textOf('tok_NEXTaaaa'), 10, owners);
        expect(current?.earlierPrefix).toBeNull();
      }
    });

    it('finds those of certain owners only, and exchanged ones by prefix only', async () => {
      const [own, other] = [await addUser(store()), await addUser(store())];
      const account = await addServiceAccount(store(), 'ci');
      const { id: trustId } = await addTrust(store(), account);
      const tokens = [
        await addToken(store(), own.id, { ...named('deploy-own'), prefix: 'tok_SAMEaaaa' }),
        await addToken(store(), other.id, { ...named('deploy-other'), prefix: 'tok_SAMEbbbb' }),
        await addToken(store(), account.id, {
          ...{ ...named('deploy-job'), trustId, prefix: 'tok_SAMEcccc', expiresAt: noon + 1000 },
        }),
      ];
      for (const { id } of tokens) await end(id);
      expect(await ended('deploy')).toEqual(['deploy-other', 'deploy-own']);
      expect(await ended('tok_SAME')).toEqual(['deploy-job', 'deploy-other', 'deploy-own']);
      expect(await ended('deploy', [own.id, account.id])).toEqual(['deploy-own']);
      expect(await ended('tok_SAME', [own.id, account.id])).toEqual(['deploy-job', 'deploy-own']);
      expect(await ended('tok_SAMEbbbb', [own.id])).toEqual([]);
      expect(await ended('deploy', [])).toEqual([]);
      expect(await store().search.endedTokens(textOf('tok_SAME'), 1)).toHaveLength(1);
    });

    it('forgets them with their tombstones', async () => {
      const { id } = await addUser(store());
      const token = await addToken(store(), id, { ...named('deploy'), prefix: 'tok_GONEaaaa' });
      await end(token.id);
      expect(await ended('tok_GONE')).toEqual(['deploy']);
      await store().tokens.purgeTombstones(noon + 21, 10);
      expect([await ended('tok_GONE'), await ended('deploy')]).toEqual([[], []]);
    });
  });

  it('finds tokens of certain owners only, and all of those whose owner matches', async () => {
    const [own, other] = [await addUser(store()), await addUser(store())];
    await addToken(store(), own.id, { ...named('deploy-own'), prefix: 'tok_SAMEaaaa', description: null });
    await addToken(store(), own.id, { ...named('unrelated'), prefix: 'tok_ELSEaaaa', description: null });
    await addToken(store(), other.id, { ...named('deploy-other'), prefix: 'tok_SAMEbbbb', description: null });
    const findOf = async (text: string, matching: string[] = []) => {
      const found = await store().search.tokensOf(textOf(text), { ids: [own.id], matching }, 10);
      return found.map(({ token }) => token.name).sort();
    };
    expect(await findOf('deploy')).toEqual(['deploy-own']);
    expect(await findOf('ploy')).toEqual(['deploy-own']);
    expect(await findOf('tok_SAME')).toEqual(['deploy-own']);
    expect(await findOf('nothing', [own.id])).toEqual(['deploy-own', 'unrelated']);
    expect(await findOf('nothing', [other.id])).toEqual([]);
    expect(await store().search.tokensOf(textOf('deploy'), { ids: [], matching: [] }, 10)).toEqual([]);
  });

  it('finds members by name and address, and no deleted member or service account', async () => {
    const user = (email: string, name: string) => addUser(store(), { email, emailFolded: email.toLowerCase(), name });
    await user('Ada@example.com', 'Ada Lovelace');
    await user('grace@example.com', 'Grace Hopper');
    const gone = await user('ada.gone@example.com', 'Ada Gone');
    await store().transaction((store) => store.users.delete(gone.id, noon));
    await addServiceAccount(store(), 'ada-bot');
    const members = async (text: string, limit = 10) =>
      (await store().search.members(text, limit)).map(({ email }) => email).sort();
    expect(await members('ada')).toEqual(['Ada@example.com']);
    expect(await members('lovel')).toEqual(['Ada@example.com']);
    expect(await members('hopper')).toEqual(['grace@example.com']);
    expect(await members('example.com')).toEqual(['Ada@example.com', 'grace@example.com']);
    expect(await members('example.com', 1)).toHaveLength(1);
    expect(await members('service-account')).toEqual([]);
  });

  it('finds service accounts by name and description, of all or of some', async () => {
    const deploy = await addServiceAccount(store(), 'deploy', { description: 'Rolls out' });
    await addServiceAccount(store(), 'redeploy');
    await addUser(store(), { name: 'deploy' });
    const accounts = async (text: string, ids?: string[]) =>
      (await store().search.serviceAccounts(textOf(text), 10, ids)).map(({ name }) => name).sort();
    expect(await accounts('deploy')).toEqual(['deploy', 'redeploy']);
    expect(await accounts('rolls')).toEqual(['deploy']);
    expect(await accounts('deploy', [deploy.id])).toEqual(['deploy']);
    expect(await accounts('rolls', [deploy.id])).toEqual(['deploy']);
    expect(await accounts('deploy', [])).toEqual([]);
  });

  it('finds apps by name and host', async () => {
    await addApp(store(), { name: 'grafana', hosts: ['metrics.example.com'] });
    await addApp(store(), { name: 'wiki', hosts: [] });
    const apps = async (text: string) => (await store().search.apps(text, 10)).map(({ name }) => name);
    expect(await apps('graf')).toEqual(['grafana']);
    expect(await apps('metrics')).toEqual(['grafana']);
    expect(await apps('nowhere')).toEqual([]);
  });

  it('is not too large with few records', async () => {
    await addUser(store());
    expect(await store().search.isTooLarge()).toBe(false);
  });
}
