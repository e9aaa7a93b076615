import { v7 } from 'uuid';
import { expect, it } from 'vitest';
import { createIds } from '../../../../server/domain/secrets.ts';
import type { AuditQuery } from '../../../../server/store/interfaces/audit.ts';
import type { AuditRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { auditRecord, firstPage, nextId, noon, userRecord } from '../records.ts';

export function auditContract(store: () => Store): void {
  const write = async (changes: Partial<AuditRecord> = {}) => {
    const event = auditRecord(changes);
    await store().audit.insert(event);
    return { ...event, tokenOwnerEmail: null, actorName: null };
  };

  /** Returns the IDs of all events that match, page by page. */
  const idsByPages = async (query: Partial<AuditQuery>) => {
    const listed: string[] = [];
    for (let page = await store().audit.list({ ...query, limit: 11, before: null }); page.length > 0; ) {
      listed.push(...page.map(({ id }) => id));
      page = await store().audit.list({ ...query, limit: 11, before: listed.at(-1) ?? null });
    }
    return listed;
  };

  it('returns events as they were written, newest first, in pages', async () => {
    const first = await write();
    const second = await write({
      actor: { kind: 'anonymous', id: null, email: null },
      target: { kind: 'session', id: null, name: null },
      ownerId: null,
      ip: null,
      userAgent: null,
    });
    const third = await write();
    expect(await store().audit.list(firstPage)).toEqual([third, second, first]);
    expect(await store().audit.list({ limit: 2, before: null })).toEqual([third, second]);
    expect(await store().audit.list({ limit: 2, before: second.id })).toEqual([first]);
  });

  it('finds a participant as actor, owner or target', async () => {
    const asActor = await write({ actor: { kind: 'user', id: 'ada', email: null } });
    const asOwner = await write({ ownerId: 'ada' });
    const asTarget = await write({ target: { kind: 'user', id: 'ada', name: null } });
    await write();
    await write({ target: { kind: 'token', id: null, name: 'ada' } });
    expect(await store().audit.list({ ...firstPage, participant: 'ada' })).toEqual([asTarget, asOwner, asActor]);
    expect(await store().audit.list({ ...firstPage, participant: '%' })).toEqual([]);
  });

  it("names the present owner of a token, even if the owner's address changed, and of nothing else", async () => {
    const owner = userRecord();
    await store().users.insert(owner);
    const token = { kind: 'token', id: 'a-token', name: 'ci' } as const;
    await write({ target: token, ownerId: owner.id });
    await write({ target: token, ownerId: 'deleted' });
    await write({ target: { kind: 'session', id: 's', name: null }, ownerId: owner.id });
    const owners = async () => (await store().audit.list(firstPage)).map((event) => event.tokenOwnerEmail);
    expect(await owners()).toEqual([null, null, owner.email]);
    await store().users.setEmail(owner.id, 'new@example.com');
    expect(await owners()).toEqual([null, null, 'new@example.com']);
  });

  it('has the present name of a member who acted, and of no other actor', async () => {
    const [named, nameless] = [userRecord({ name: 'Ada' }), userRecord({ name: '' })];
    for (const user of [named, nameless]) await store().users.insert(user);
    for (const { id } of [named, nameless, { id: 'deleted' }])
      await write({ actor: { kind: 'user', id, email: null } });
    await write({ actor: { kind: 'client', id: named.id, email: 'Grafana' } });
    const names = async () => (await store().audit.list(firstPage)).map((event) => event.actorName);
    expect(await names()).toEqual([null, null, null, 'Ada']);
    await store().users.setName(named.id, 'Ada Byron');
    expect(await names()).toEqual([null, null, null, 'Ada Byron']);
    const [, , , first] = await store().audit.list(firstPage);
    expect((await store().audit.findByIds([first?.id ?? ''])).map((event) => event.actorName)).toEqual(['Ada Byron']);
  });

  it('finds actors who are not members by their email address', async () => {
    const tried = await write({ actor: { kind: 'anonymous', id: null, email: 'who@example.com' } });
    await write();
    expect(await store().audit.list({ ...firstPage, actorEmail: 'who@example.com' })).toEqual([tried]);
  });

  it('combines filters for action and time, with an inclusive start and an exclusive end', async () => {
    const early = await write({ at: noon - 1, action: 'session.failed' });
    const failed = await write({ at: noon, action: 'session.failed', ownerId: 'ada' });
    const created = await write({ at: noon + 1, ownerId: 'ada' });
    expect(await store().audit.list({ ...firstPage, action: 'session.failed' })).toEqual([failed, early]);
    expect(await store().audit.list({ ...firstPage, since: noon })).toEqual([created, failed]);
    expect(await store().audit.list({ ...firstPage, since: noon, until: noon + 1 })).toEqual([failed]);
    expect(await store().audit.list({ ...firstPage, until: noon })).toEqual([early]);
    const narrowed = { ...firstPage, participant: 'ada', action: 'session.failed', since: noon } as const;
    expect(await store().audit.list(narrowed)).toEqual([failed]);
    expect(await store().audit.list({ ...narrowed, before: failed.id })).toEqual([]);
  });

  it('finds a target by any of several IDs, or by its exact name', async () => {
    const byId = await write({ target: { kind: 'token', id: 't-1', name: 'ci' } });
    await write({ target: { kind: 'token', id: 't-2', name: 'other' } });
    const byName = await write({ target: { kind: 'app', id: 'a-1', name: 'ci' } });
    await write({ target: { kind: 'app', id: 'a-2', name: 'ci-2' } });
    const found = (ids: string[], name: string) => store().audit.list({ ...firstPage, target: { ids, name } });
    expect(await found([], 'ci')).toEqual([byName, byId]);
    expect(await found(['t-1', 'none'], 'nothing')).toEqual([byId]);
    expect(await found(['t-1'], 'ci')).toEqual([byName, byId]);
    expect(await found([], 'CI')).toEqual([]);
  });

  it('finds events of the daemon itself, and none of anybody whose address is not known', async () => {
    const [system, unknown] = [
      { kind: 'system', id: null, email: null },
      { kind: 'anonymous', id: null, email: null },
    ] as const;
    const ids = [];
    for (const actor of [system, unknown, system, unknown, system]) ids.push((await write({ actor })).id);
    const [first, , third, , fifth] = ids;
    expect(await idsByPages({ actor: { ids: [], emails: [], system: true } })).toEqual([fifth, third, first]);
    expect(await idsByPages({ actor: { ids: [], emails: [] } })).toEqual([]);
    expect(await idsByPages({ owners: [] })).toEqual([]);
  });

  it('returns the IDs of what events call by a name, of the kinds that are asked for', async () => {
    const named = (kind: 'token' | 'user' | 'service-account', id: string | null, name: string) =>
      write({ target: { kind, id, name } });
    await named('user', 'u-1', 'ada@example.com');
    await named('user', 'u-1', 'ada@example.com');
    await named('user', 'u-2', 'ada@example.com');
    await named('user', null, 'ada@example.com');
    await named('service-account', 's-1', 'service-account:ci');
    await named('token', 't-1', 'service-account:ci');
    const ids = (names: string[], limit = 9) => store().audit.idsNamed(names, ['user', 'service-account'], limit);
    expect(await ids(['ada@example.com'])).toEqual(['u-2', 'u-1']);
    expect(await ids(['ada@example.com', 'service-account:ci'])).toEqual(['u-2', 'u-1', 's-1']);
    expect(await ids(['ada@example.com'], 1)).toEqual(['u-2']);
    expect(await ids(['Ada@example.com', 'nobody'])).toEqual([]);
    expect(await ids([])).toEqual([]);
  });

  it('finds events by one of several addresses, and returns the different addresses that begin like this', async () => {
    const [first, second, third] = [
      await write({ ip: '10.1.0.9' }),
      await write({ ip: '10.1.0.10' }),
      await write({ ip: '10.10.0.1' }),
    ];
    const six = await write({ ip: '2001:db8::7' });
    await write({ ip: null });
    await write({ ip: '10.1.0.9', id: nextId() });
    const found = async (...ips: string[]) => (await store().audit.list({ ...firstPage, ips })).map(({ id }) => id);
    expect(await found('10.1.0.10')).toEqual([second.id]);
    expect(await found('2001:db8::7', '10.10.0.1')).toEqual([six.id, third.id]);
    expect(await found('10.1.0.9')).toHaveLength(2);
    expect(await found()).toEqual([]);
    const addresses = (starts: string[], limit = 9) => store().audit.addressesBeginningWith(starts, limit);
    expect((await addresses(['10.1.'])).sort()).toEqual([second.ip, first.ip]);
    expect(await addresses(['10.10.', '2001:db8:'])).toEqual([third.ip, six.ip]);
    expect(await addresses([''])).toHaveLength(4);
    expect(await addresses(['10.'], 2)).toHaveLength(2);
    expect(await addresses(['10.1.', '10.10.'], 2)).toHaveLength(2);
  });

  it("lists one process's events in insertion order, even within a millisecond and after the clock is set back", async () => {
    let now = noon;
    const newId = createIds({ now: () => now });
    const ids: string[] = [];
    for (let index = 0; index < 60; index += 1) {
      if (index === 40) now -= 1000;
      ids.push((await write({ id: newId() })).id);
    }
    const listed: string[] = [];
    for (let page = await store().audit.list({ limit: 7, before: null }); page.length > 0; ) {
      listed.push(...page.map((event) => event.id));
      page = await store().audit.list({ limit: 7, before: listed.at(-1) ?? null });
    }
    expect(listed).toEqual(ids.reverse());
  });

  it('finds every event that matches the filter, whatever time its ID holds', async () => {
    const [minute, day] = [60_000, 24 * 60 * 60 * 1000];
    const skews = [0, 0, 0, 30_000, -59_999, 60_001, -day, 3 * day, -400 * day, 400 * day];
    const all: AuditRecord[] = [];
    const actorAt = (index: number): AuditRecord['actor'] =>
      index % 9 === 4
        ? { kind: index % 2 === 0 ? 'system' : 'anonymous', id: null, email: null }
        : { kind: 'user', id: `actor-${index % 3}`, email: `actor-${index % 3}@example.com` };
    for (let index = 0; index < 60; index += 1) {
      const at = noon + index * minute;
      all.push(
        await write({
          id: v7({ msecs: at + (skews[index % skews.length] ?? 0), seq: index }),
          at,
          action: index % 3 === 0 ? 'token.created' : 'token.revoked',
          actor: actorAt(index),
          target: { kind: 'user', id: `actor-${index % 5}`, name: `name-${index % 6}` },
          ownerId: `actor-${index % 7}`,
          ip: index % 2 === 0 ? null : `10.0.0.${index % 4}`,
        }),
      );
    }
    all.sort((a, b) => (a.id < b.id ? 1 : -1));
    const filters: Array<[Partial<AuditQuery>, (event: AuditRecord) => boolean]> = [
      [{ participant: 'actor-1' }, ({ actor, target, ownerId }) => [actor.id, target.id, ownerId].includes('actor-1')],
      [{ actorEmail: 'actor-0@example.com' }, ({ actor }) => actor.email === 'actor-0@example.com'],
      [{ action: 'token.created' }, ({ action }) => action === 'token.created'],
      [{ since: noon + 10 * minute }, ({ at }) => at >= noon + 10 * minute],
      [{ until: noon + 50 * minute }, ({ at }) => at < noon + 50 * minute],
      [
        { actor: { ids: ['actor-1'], emails: ['actor-0@example.com', 'nobody@example.com'], system: true } },
        ({ actor }) => actor.kind === 'system' || ['actor-0', 'actor-1'].includes(actor.id ?? ''),
      ],
      [{ owners: ['actor-3', 'actor-4'] }, ({ ownerId }) => ['actor-3', 'actor-4'].includes(ownerId ?? '')],
      [
        { participants: ['actor-1', 'actor-6'] },
        ({ actor, target, ownerId }) =>
          [actor.id, target.id, ownerId].some((id) => ['actor-1', 'actor-6'].includes(id ?? '')),
      ],
      [
        { target: { ids: ['actor-1', 'actor-4'], name: 'name-0' } },
        ({ target }) => ['actor-1', 'actor-4'].includes(target.id ?? '') || target.name === 'name-0',
      ],
      [{ ips: ['10.0.0.1', '10.0.0.3', '10.9.9.9'] }, ({ ip }) => ip !== null],
      [{ ips: ['10.0.0.3'] }, ({ ip }) => ip === '10.0.0.3'],
    ];
    for (let chosen = 0; chosen < 2 ** filters.length; chosen += 1) {
      const some = filters.filter((_filter, bit) => (chosen >> bit) % 2 === 1);
      // Every combination of the first five, and every pair.
      if (chosen >= 2 ** 5 && some.length > 2) continue;
      const query = Object.assign({}, ...some.map(([filter]) => filter));
      const expected = all.filter((event) => some.every(([, matches]) => matches(event))).map(({ id }) => id);
      const listed = await idsByPages(query);
      expect({ query, listed }).toEqual({ query, listed: expected });
    }
  });

  it('finds events by their IDs', async () => {
    const [one, other] = [auditRecord(), auditRecord()];
    for (const event of [one, other]) await store().audit.insert(event);
    const found = await store().audit.findByIds([other.id, 'none', one.id]);
    expect(found.map(({ id }) => id).sort()).toEqual([one.id, other.id].sort());
    expect(await store().audit.findByIds([])).toEqual([]);
  });

  it('finds the last transfers of tokens by their IDs', async () => {
    const token = (id: string) => ({ kind: 'token' as const, id, name: 'ci' });
    for (const [id, at, action] of [
      ['token-1', noon - 20, 'token.transferred'],
      ['token-1', noon - 10, 'token.transferred'],
      ['token-1', noon, 'token.paused'],
      ['token-2', noon, 'token.paused'],
      ['token-3', noon, 'token.transferred'],
    ] as const) {
      await store().audit.insert(auditRecord({ target: token(id), at, action }));
    }
    expect(await store().audit.lastTransfers(['token-1', 'token-2', 'none'])).toEqual(
      new Map([['token-1', noon - 10]]),
    );
    expect(await store().audit.lastTransfers([])).toEqual(new Map());
  });
}
