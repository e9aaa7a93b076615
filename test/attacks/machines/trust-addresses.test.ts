import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Resolve } from '../../../server/checked-lookup.ts';
import { createLimitedFetch } from '../../../server/sso/provider-fetch.ts';
import { createSubjectTokens } from '../../../server/sso/workload/subject-tokens.ts';
import type { Trust } from '../../../shared/schemas/trusts.ts';
import { jsonOf } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { type ExchangeWorld, openExchange } from '../../helpers/exchange/exchange-world.ts';
import { firstPage } from '../../store/contract/records.ts';

let world: ExchangeWorld;
beforeEach(async () => {
  world = await openExchange();
});
afterEach(() => world.close());

/** Resolves every name to this address, and remembers the names. */
function resolverTo(address: string) {
  const names: string[] = [];
  const resolve: Resolve = (name, _options, callback) => {
    names.push(name);
    callback(null, [{ address, family: 4 }]);
  };
  return { names, resolve };
}

describe('an issuer that a management key chose', () => {
  it('is sent no request at an internal address', async () => {
    const { id } = await world.addTrust();
    const token = await world.signed();
    await world.app.store.trusts.edit(id, { mayBeInternal: false, changedAt: world.app.clock.now() });
    expect(await world.exchange(token)).toMatchObject({ status: 503 });
    expect(world.issuer.requests).toEqual([]);
    // The same token is good once a superuser has chosen the issuer.
    await world.app.store.trusts.edit(id, { mayBeInternal: true, changedAt: world.app.clock.now() });
    world.app.clock.advance(6_000);
    expect(await world.exchange(token)).toMatchObject({ status: 200 });
  });

  it('is sent no request if its name leads to an internal address', async () => {
    const token = await world.issuer.sign({ iss: 'https://ci.example.com', ...world.claimsOf() });
    for (const address of ['127.0.0.1', '10.0.0.5', '169.254.169.254', '192.168.1.1', '0.0.0.0']) {
      const { names, resolve } = resolverTo(address);
      const tokens = createSubjectTokens({ clock: world.app.clock, proxy: {}, resolve });
      const verified = tokens.verify(tokens.read(token), { mayBeInternal: false });
      await expect(verified).rejects.toMatchObject({
        details: { reason: expect.stringContaining('internal address') },
      });
      expect(names).toEqual(['ci.example.com']);
    }
  });

  it('cannot send the daemon to a literal internal address, as in jwks_uri or a redirect', async () => {
    const send = createLimitedFetch({}, { onlyPublic: resolverTo('192.0.2.1').resolve });
    const hosts = ['127.0.0.1', '10.0.0.5', '169.254.169.254', '[::1]', '[::ffff:127.0.0.1]', '[fd00::1]', 'localhost'];
    for (const host of hosts) {
      await expect(send(new URL(`https://${host}:9/keys`)), host).rejects.toMatchObject({ name: 'AddressRefused' });
    }
  });

  it('stays one until a superuser chooses another', async () => {
    const key = await storeKey(world.app, await storeServiceAccount(world.app, 'platform'), ['trusts']);
    const body = { name: 'by-key', service_account: 'ci', issuer: 'https://ci.example.com', claims: { sub: 'a' } };
    const created = await jsonOf<Trust>(world.app.ask('/api/v1/trusts', { headers: key.headers, json: body }));
    const mayBeInternal = async () => (await world.app.store.trusts.findById(created.id))?.mayBeInternal;
    expect(await mayBeInternal()).toBe(false);
    const path = `/api/v1/trusts/${created.id}`;
    const edit = (as: object, json: object) => world.app.ask(path, { ...as, method: 'PATCH', json });
    const root = { as: world.app.root };
    await edit(root, { ttl: 600 });
    expect(await mayBeInternal()).toBe(false);
    // Confirms the issuer, although it stays the same.
    await edit(root, { issuer: 'https://ci.example.com' });
    expect(await mayBeInternal()).toBe(true);
    const [event] = await world.app.store.audit.list(firstPage);
    expect(event?.changes).toEqual([{ field: 'internal_issuer', from: false, to: true }]);
    await edit(root, { issuer: 'https://gitlab.example.com' });
    expect(await mayBeInternal()).toBe(true);
    await edit({ headers: key.headers }, { ttl: 900 });
    expect(await mayBeInternal()).toBe(true);
    await edit({ headers: key.headers }, { issuer: 'https://elsewhere.example.com' });
    expect(await mayBeInternal()).toBe(false);
  });
});
