import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { addToken } from '../../store/contract/records.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

async function list(query: string, as: Member) {
  const response = await app.ask(`/api/v1/tokens?${query}`, { as });
  return { status: response.status, body: await response.text() };
}

async function namesOf(prefix: string, as: Member): Promise<string[]> {
  return JSON.parse((await list(`prefix=${prefix}`, as)).body).items.map(({ name }: { name: string }) => name);
}

it('lists the tokens of all owners with a prefix for superusers and auditors, and what is theirs for others', async () => {
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const own = await createToken(app, app.dev, { name: 'own' });
  const foreign = await createToken(app, app.root, { name: 'foreign' });
  const kept = await createAccountToken(app, app.root, 'ci', { name: 'kept' });
  for (const as of [app.root, auditor]) {
    expect(await namesOf(own.prefix, as)).toEqual(['own']);
    expect(await namesOf(kept.prefix, as)).toEqual(['kept']);
  }
  expect(await namesOf(own.prefix, app.dev)).toEqual(['own']);
  expect(await namesOf(kept.prefix, app.dev)).toEqual(['kept']);
  expect(await namesOf(foreign.prefix, app.dev)).toEqual([]);
  expect(await namesOf('tok_zzzzzzzz', app.root)).toEqual([]);
});

it('finds a token by the prefix of an earlier value, and not by a prefix in its name', async () => {
  const { id, prefix } = await createToken(app, app.dev, { name: 'rotated' });
  await createToken(app, app.dev, { name: `copy of ${prefix}`, description: prefix });
  await app.ask(`/api/v1/tokens/${id}/rotate`, { method: 'POST', as: app.dev, json: {} });
  for (const as of [app.root, app.dev]) expect(await namesOf(prefix, as)).toEqual(['rotated']);
});

it('gives each token with the prefix once over several pages', async () => {
  const ids = ['one', 'two', 'three'].map(async (name) => (await createToken(app, app.dev, { name })).id);
  const knex = app.store;
  const prefix = 'tok_SAMEsame';
  for (const id of await Promise.all(ids)) {
    const at = app.clock.now();
    const value = { hash: `hash of ${id}`, prefix, at, validUntil: at, expiresAt: null, lifetimeMs: null };
    await knex.transaction((store) => store.tokens.rotate(id, { ...value, selfRotated: false, replacesUnused: false }));
  }
  for (const as of [app.root, app.dev]) {
    const first = JSON.parse((await list(`prefix=${prefix}&limit=2`, as)).body);
    const rest = JSON.parse((await list(`prefix=${prefix}&limit=2&cursor=${first.next_cursor}`, as)).body);
    expect([...first.items, ...rest.items].map(({ name }) => name).sort()).toEqual(['one', 'three', 'two']);
    expect(rest.next_cursor).toBeNull();
  }
});

it('refuses a whole value without repeating it, a part of a prefix, and other filters', async () => {
  const { token: value, prefix } = await createToken(app, app.dev, { name: 'pasted' });
  for (const text of [value, prefix.slice(0, -1), `${prefix}x`, 'TOK_aaaaaaaa', '']) {
    const { status, body } = await list(`prefix=${text}`, app.root);
    expect([text, status]).toEqual([text, 400]);
    expect(body).not.toContain(value.slice(12));
  }
  expect(app.logLines.join()).not.toContain(value.slice(12));
  for (const more of ['all=true', 'user=dev@example.com', 'service_account=ci', 'status=active', 'known_to=x']) {
    expect([more, (await list(`prefix=${prefix}&${more}`, app.root)).status]).toEqual([more, 400]);
  }
});

it('lists the tokens that ended with a prefix, to those who could see them', async () => {
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const own = await createToken(app, app.dev, { name: 'own' });
  const foreign = await createToken(app, app.root, { name: 'foreign' });
  const kept = await createAccountToken(app, app.root, 'ci', { name: `copy of ${own.prefix}` });
  const rotated = await app.ask(`/api/v1/tokens/${own.id}/rotate`, { method: 'POST', as: app.dev, json: {} });
  const { prefix: second } = JSON.parse(await rotated.text());
  const endedOf = async (prefix: string, as: Member) =>
    JSON.parse((await list(`status=revoked&prefix=${prefix}`, as)).body).items.map(({ id }: { id: string }) => id);
  for (const { id } of [own, foreign, kept]) await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE' });
  for (const as of [app.root, auditor]) {
    expect(await endedOf(own.prefix, as)).toEqual([own.id]);
    expect(await endedOf(second, as)).toEqual([own.id]);
    expect(await endedOf(kept.prefix, as)).toEqual([kept.id]);
    expect(await endedOf(foreign.prefix, as)).toEqual([foreign.id]);
  }
  expect(await endedOf(own.prefix, app.dev)).toEqual([own.id]);
  expect(await endedOf(kept.prefix, app.dev)).toEqual([kept.id]);
  expect(await endedOf(foreign.prefix, app.dev)).toEqual([]);
  expect(await namesOf(own.prefix, app.root)).toEqual([]);
  expect((await list(`status=revoked&prefix=${own.prefix}&all=true`, app.root)).status).toBe(400);
});

it('takes no name for a prefix among the tokens that ended', async () => {
  const prefix = 'tok_lowercas';
  const named = (name: string) => ({ name, nameFolded: name });
  const first = await addToken(app.store, app.dev.id, { ...named('first'), prefix });
  const copy = await addToken(app.store, app.dev.id, { ...named(`copy of ${prefix}`), prefix: 'tok_ZZZZzzzz' });
  for (const { id } of [first, copy]) await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE' });
  for (const as of [app.root, app.dev]) {
    const { items } = JSON.parse((await list(`status=revoked&prefix=${prefix}`, as)).body);
    expect(items.map(({ id }: { id: string }) => id)).toEqual([first.id]);
  }
});
