import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKnownApps } from '../../../server/domain/apps/known-apps.ts';
import type { AppKey, AppMatch } from '../../../server/store/records.ts';

const ofName = (name: string): AppKey => ({ kind: 'name', name });
const ofHost = (host: string): AppKey => ({ kind: 'host', host });
const app = (name: string): AppMatch => ({ id: `id-${name}`, name, groups: [], preflight: 'deny' });

describe('apps in memory', () => {
  it('are found by the keys under which one version was read, with those that no app has', () => {
    const known = createKnownApps();
    expect([known.version, known.find(ofName('wiki'))]).toEqual([undefined, undefined]);
    known.remember('v1', [ofName('wiki'), ofHost('wiki'), ofName('none')], [app('wiki'), app('other'), null]);
    known.remember('v1', [ofHost('none')], [null]);
    expect(known.version).toBe('v1');
    const keys = [ofName('wiki'), ofHost('wiki'), ofName('none'), ofHost('none'), ofName('asked')];
    expect(keys.map(known.find)).toEqual([app('wiki'), app('other'), null, null, undefined]);
  });

  it('are forgotten as soon as another version was read, even if an earlier one comes late', () => {
    const known = createKnownApps();
    known.remember('v1', [ofName('wiki'), ofName('none')], [app('wiki'), null]);
    known.remember('v2', [ofName('shop')], [app('shop')]);
    expect(['wiki', 'none', 'shop'].map((name) => known.find(ofName(name)))).toEqual([
      undefined,
      undefined,
      app('shop'),
    ]);
    known.remember('v1', [ofName('wiki')], [app('wiki')]);
    expect(known.version).toBe('v1');
    expect(known.find(ofName('shop'))).toBeUndefined();
  });

  it('are not remembered without a version', () => {
    const known = createKnownApps();
    known.remember(null, [ofName('wiki')], [app('wiki')]);
    expect([known.version, known.find(ofName('wiki'))]).toEqual([undefined, undefined]);
    known.remember('v1', [ofName('shop')], [app('shop')]);
    known.remember(null, [ofName('wiki')], [app('wiki')]);
    expect([known.version, known.find(ofName('shop'))]).toEqual(['v1', app('shop')]);
  });

  it('keep a bounded number of keys, and no invented key displaces an app', () => {
    const known = createKnownApps({ maxKeys: 3 });
    known.remember('v1', [ofHost('wiki'), ofName('wiki')], [app('wiki'), app('wiki')]);
    for (let host = 0; host < 100; host += 1) known.remember('v1', [ofHost(`host-${host}`)], [null]);
    const remembered = Array.from({ length: 100 }, (_, host) => known.find(ofHost(`host-${host}`)));
    expect(remembered.filter((found) => found === null)).toHaveLength(3);
    expect(remembered.at(-1)).toBeNull();
    expect([known.find(ofHost('wiki')), known.find(ofName('wiki'))]).toEqual([app('wiki'), app('wiki')]);
    // A host that was displaced is remembered when it is asked about again.
    known.remember('v1', [ofHost('host-0')], [null]);
    expect(known.find(ofHost('host-0'))).toBeNull();
    for (const name of ['a', 'b', 'c']) known.remember('v1', [ofHost(name)], [app(name)]);
    expect(known.find(ofHost('wiki'))).toBeUndefined();
    expect(known.find(ofHost('c'))).toEqual(app('c'));
  });

  it('have no key that is longer than the name or host of an app can be', () => {
    const known = createKnownApps();
    known.remember('v1', [ofHost('h'.repeat(253)), ofHost('h'.repeat(254))], [null, null]);
    expect(known.find(ofHost('h'.repeat(253)))).toBeNull();
    expect(known.find(ofHost('h'.repeat(254)))).toBeUndefined();
  });

  it('are always those of the version that was remembered last', () => {
    const keys = Array.from({ length: 6 }, (_, key) => [ofName(`${key}`), ofHost(`${key}`)]).flat();
    // What each version says about each key.
    const truth = (version: number, key: number) => ((version + key) % 3 === 0 ? null : app(`${version}-${key}`));
    const step = fc.record({ version: fc.nat(2), key: fc.nat(keys.length - 1) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const known = createKnownApps({ maxKeys: 2 });
        for (const { version, key } of steps) {
          known.remember(`v${version}`, keys.slice(key, key + 1), [truth(version, key)]);
          const found = keys.map(known.find);
          expect(found[key]).toEqual(truth(version, key));
          expect(found).toEqual(found.map((one, index) => (one === undefined ? one : truth(version, index))));
        }
      }),
    );
  });
});
