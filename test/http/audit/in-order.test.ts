import { v7 } from 'uuid';
import { expect, it, onTestFinished } from 'vitest';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import { createToken, jsonOf, type Member, openTestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';

interface EventPage {
  items: AuditEvent[];
  next_cursor: string | null;
}

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const page = (query: string, as: Member = app.root) => jsonOf<EventPage>(app.ask(`/api/v1/audit?${query}`, { as }));
  const names = async (query: string, as?: Member) => (await page(query, as)).items.map(({ target }) => target.name);
  const create = async (...wanted: string[]) => {
    for (const name of wanted) await createToken(app, app.dev, { name });
  };
  return { ...app, page, names, create };
}

it('lists events oldest first, after the last one that was received', async () => {
  const app = await open();
  await app.create('a', 'b');
  const { items } = await app.page('after=');
  expect(items.map(({ target }) => target.name)).toEqual(['a', 'b']);
  await app.create('c');
  expect(await app.names(`after=${items[0]?.id}`)).toEqual(['b', 'c']);
  expect(await app.names(`after=${items[1]?.id}`)).toEqual(['c']);
  expect((await app.page('after=')).items).toEqual((await app.page('')).items.reverse());
});

it('lists each event once across pages', async () => {
  const app = await open();
  await app.create('a', 'b', 'c', 'd', 'e');
  const seen: Array<string | null> = [];
  for (let cursor = ''; ; ) {
    const { items, next_cursor: next } = await app.page(`after=&limit=2${cursor}`);
    seen.push(...items.map(({ target }) => target.name));
    if (next === null) break;
    expect(items).toHaveLength(2);
    cursor = `&cursor=${next}`;
  }
  expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('begins with new events after latest', async () => {
  const app = await open();
  expect(await app.page('after=latest')).toEqual({ items: [], next_cursor: null });
  await app.create('a', 'b');
  const { items, next_cursor: next } = await app.page('after=latest');
  expect(items).toEqual([]);
  expect(await app.names(`after=latest&cursor=${next}`)).toEqual([]);
  await app.create('c');
  expect(await app.names(`after=latest&cursor=${next}`)).toEqual(['c']);
});

it('returns an event that was saved late after those that were read before', async () => {
  const app = await open();
  const id = v7({ msecs: app.clock.now() - 60_000 });
  await app.create('a');
  const [first] = (await app.page('after=')).items;
  const actor = { kind: 'system', id: null, email: null } as const;
  const what = { action: 'sso.issuer_moved', target: { kind: 'issuer', id: null, name: 'late' } } as const;
  const where = { ownerId: null, ip: null, userAgent: null };
  await app.store.audit.insert({ id, at: app.clock.now() - 60_000, actor, ...what, ...where });
  expect(await app.names(`after=${first?.id}`)).toEqual(['late']);
});

it('rejects an event that never existed, and anything that is not an ID', async () => {
  const app = await open();
  await app.create('a');
  const unknown = await app.ask(`/api/v1/audit?after=${v7()}`, { as: app.root });
  expect([unknown.status, (await jsonOf(unknown)).code]).toEqual([404, 'event-not-found']);
  for (const query of ['after=x', 'after=latest%20', "after='", 'after=&cursor=x', 'after=&limit=0']) {
    const response = await app.ask(`/api/v1/audit?${query}`, { as: app.root });
    expect([query, response.status, (await jsonOf(response)).code]).toEqual([query, 400, 'invalid-fields']);
  }
});

it.each(['user=dev@example.com', 'since=2026-11-23T16:20:00Z', 'action=token.created'])(
  'rejects after= together with %s',
  async (filter) => {
    const app = await open();
    const response = await app.ask(`/api/v1/audit?after=&${filter}`, { as: app.root });
    const name = filter.slice(0, filter.indexOf('='));
    expect(response.status).toBe(400);
    expect(await jsonOf(response)).toMatchObject({
      code: 'invalid-fields',
      errors: [{ pointer: `?${name}`, detail: `${name} cannot be combined with after. Leave one of them out.` }],
    });
  },
);

it('shows a member their own events only, and never whether another event exists', async () => {
  const app = await open();
  const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  await app.create('devs');
  await createToken(app, other, { name: 'others' });
  await createToken(app, app.root, { name: 'roots' });
  const [, ofOther] = (await app.page('after=')).items;
  expect(await app.names('after=', app.dev)).toEqual(['devs']);
  const last = await app.page('after=latest', app.dev);
  expect(await app.names(`after=&cursor=${last.next_cursor}`, app.dev)).toEqual([]);
  await app.create('more');
  await createToken(app, other, { name: 'more-of-others' });
  expect(await app.names(`after=&cursor=${last.next_cursor}`, app.dev)).toEqual(['more']);
  const ask = async (id: unknown) => {
    const response = await app.ask(`/api/v1/audit?after=${id}`, { as: app.dev });
    const { request_id: _, ...problem } = await jsonOf(response);
    return { status: response.status, ...problem };
  };
  expect(await ask(ofOther?.id)).toEqual(await ask(v7()));
  expect(await ask(ofOther?.id)).toMatchObject({ status: 404 });
});

it('shows every event to a management key with audit:read, and none to another', async () => {
  const app = await open();
  const reader = await storeKey(app, await storeServiceAccount(app, 'siem'), ['audit:read']);
  const other = await storeKey(app, await storeServiceAccount(app, 'platform'), ['tokens:read']);
  await app.create('a');
  for (const query of ['after=', 'after=latest']) {
    const allowed = await app.ask(`/api/v1/audit?${query}`, { headers: reader.headers });
    expect(allowed.status).toBe(200);
    const refused = await app.ask(`/api/v1/audit?${query}`, { headers: other.headers });
    expect([refused.status, (await jsonOf(refused)).code]).toEqual([403, 'scope-missing']);
  }
  const { items } = await jsonOf<EventPage>(app.ask('/api/v1/audit?after=', { headers: reader.headers }));
  expect(items.map(({ target }) => target.name)).toContain('a');
});

it('reads more events than get positions for one request', async () => {
  const app = await open();
  await app.store.transaction(async (store) => {
    for (let number = 0; number < 10_600; number += 1) {
      const actor = { kind: 'system', id: null, email: null } as const;
      const what = { action: 'sso.issuer_moved', target: { kind: 'issuer', id: null, name: String(number) } } as const;
      const where = { ownerId: null, ip: null, userAgent: null };
      await store.audit.insert({ id: v7({ msecs: 1_000_000 + number }), at: number, actor, ...what, ...where });
    }
  });
  let read = 0;
  for (let after = ''; ; ) {
    const { items, next_cursor: next } = await app.page(`after=${after}&limit=200`);
    expect(items.map(({ target }) => Number(target.name))).toEqual(items.map((_, index) => read + index));
    read += items.length;
    if (next === null) break;
    after = items.at(-1)?.id ?? '';
  }
  expect(read).toBe(10_600);
}, 60_000);
