import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import type { LookupStore } from '../../../server/domain/tokens/look-up.ts';
import { createStatusContext } from '../../../server/domain/tokens/status.ts';
import { createVerification } from '../../../server/domain/tokens/verify.ts';
import { StoreUnavailable } from '../../../server/store/errors.ts';
import type { Store } from '../../../server/store/store.ts';
import { type Member, openTestApp } from '../../helpers/app/app.ts';
import { issueGated, registerApp } from '../../helpers/gate/gated.ts';
import vectors from '../../shared/token-vectors.json' with { type: 'json' };

let app: Awaited<ReturnType<typeof openTestApp>>;
beforeAll(async () => {
  app = await openTestApp();
});
afterAll(() => app.close());

const clientInfo = { ip: null, userAgent: null };

async function memberWithToken(name: string, expiresIn?: number) {
  const email = `${name}@example.com`;
  const member = await app.addMember({ email, name: name.toUpperCase(), can_manage_tokens: true });
  const user = await app.store.users.findById(member.id);
  if (user === null) throw new Error('The member is missing.');
  const body = { name, ...(expiresIn !== undefined && { expires_in: expiresIn }) };
  const { token, secret } = await app.services.tokens.create({ user, clientInfo, channel: 'cli' }, body);
  return { member, token, value: secret?.reveal() ?? '', known: { prefix: token.prefix, name, owner: email } };
}

const change = (member: Member, changes: object) =>
  app.ask(`/api/v1/users/${member.id}`, { method: 'PATCH', json: changes, as: app.root });
const revoke = (member: Member, id: string) => app.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', as: member });

/** Creates a store that can only look up tokens, and counts the statements. */
function countingStore(findByHashes: Store['tokens']['findByHashes']) {
  const calls = { statements: 0, withVersion: 0, withApps: 0 };
  const tokens: LookupStore['tokens'] = {
    findByHashes(hashes) {
      calls.statements += 1;
      return findByHashes(hashes);
    },
    findByHashesAndVersion(hashes) {
      calls.withVersion += 1;
      return app.store.tokens.findByHashesAndVersion(hashes);
    },
    findByHashesAndApps(hashes, apps) {
      calls.withApps += 1;
      return app.store.tokens.findByHashesAndApps(hashes, apps);
    },
  };
  return { calls, store: { tokens } as Store };
}

describe('the verdict on a value', () => {
  it('allows an active token and names its owner', async () => {
    const { member, token, value } = await memberWithToken('active');
    expect(await app.services.verify(value)).toMatchObject({
      allowed: true,
      token: { id: token.id, ownerId: member.id, ownerName: 'ACTIVE', ownerSuperuser: false },
    });
  });

  it('is blocked while the owner lacks the permission, and allows the token again afterwards', async () => {
    const { member, value, known } = await memberWithToken('ungranted');
    await change(member, { can_manage_tokens: false });
    expect(await app.services.verify(value)).toMatchObject({ allowed: false, reason: 'blocked', known });
    await change(member, { can_manage_tokens: true });
    expect(await app.services.verify(value)).toMatchObject({ allowed: true });
  });

  it('is disabled while the owner is disabled, and allows the token again afterwards', async () => {
    const { member, value, known } = await memberWithToken('offline');
    await change(member, { disabled: true });
    expect(await app.services.verify(value)).toMatchObject({ allowed: false, reason: 'disabled', known });
    await change(member, { disabled: false });
    expect(await app.services.verify(value)).toMatchObject({ allowed: true });
  });

  it('is expired from the exact millisecond of expiry', async () => {
    const { value, known } = await memberWithToken('short', 10);
    app.clock.advance(9_999);
    expect(await app.services.verify(value)).toMatchObject({ allowed: true });
    app.clock.advance(1);
    expect(await app.services.verify(value)).toMatchObject({ allowed: false, reason: 'expired', known });
  });

  it('stays revoked, whatever changes for the owner', async () => {
    const { member, token, value, known } = await memberWithToken('revoked');
    await change(member, { can_manage_tokens: false });
    expect((await revoke(member, token.id)).status).toBe(204);
    for (const changes of [{ disabled: true }, { disabled: false }, { can_manage_tokens: true }]) {
      expect(await app.services.verify(value)).toMatchObject({ allowed: false, reason: 'revoked', known });
      await change(member, changes);
    }
    expect(await app.services.verify(value)).toMatchObject({ allowed: false, reason: 'revoked', known });
  });

  it('gives the first reason that applies: disabled, blocked, expired', async () => {
    const { member, value } = await memberWithToken('all-at-once', 10);
    app.clock.advance(10_000);
    expect(await app.services.verify(value)).toMatchObject({ reason: 'expired' });
    await change(member, { can_manage_tokens: false });
    expect(await app.services.verify(value)).toMatchObject({ reason: 'blocked' });
    await change(member, { disabled: true });
    expect(await app.services.verify(value)).toMatchObject({ reason: 'disabled' });
  });

  it('is unknown for a value that was never issued', async () => {
    const value = generateToken('tok').reveal();
    expect(await app.services.verify(value)).toMatchObject({ allowed: false, reason: 'unknown', known: null });
  });
});

describe('verify', () => {
  it('does not query the database for a malformed value', async () => {
    const { store, calls } = countingStore(async () => []);
    const { verify, verifyRequest } = createVerification(store, createStatusContext(app.clock, null));
    const request = { app: { kind: 'name', name: 'wiki' }, method: 'GET', path: '/', ip: null } as const;
    for (const value of [...vectors.bad.map((bad) => bad.value), 'x'.repeat(100_000), 'tok_\0']) {
      const verdict = { allowed: false, status: 401, reason: 'unknown', known: null, tokenId: null };
      expect([await verify(value), verifyRequest(value, request)]).toEqual([verdict, verdict]);
    }
    expect(calls.statements).toBe(0);
  });

  it('queries the database every time, because nothing is cached', async () => {
    const { value } = await memberWithToken('again');
    const { store, calls } = countingStore((hashes) => app.store.tokens.findByHashes(hashes));
    const { verify } = createVerification(store, createStatusContext(app.clock, null));
    for (let i = 0; i < 3; i += 1) await verify(value);
    expect(calls.statements).toBe(3);
  });

  it('needs two statements for a hundred concurrent values', async () => {
    const { value } = await memberWithToken('crowd');
    const { store, calls } = countingStore((hashes) => app.store.tokens.findByHashes(hashes));
    const { verify } = createVerification(store, createStatusContext(app.clock, null));
    const others = Array.from({ length: 99 }, () => generateToken('tok').reveal());
    const verdicts = await Promise.all([...others, value].map(verify));
    expect(verdicts.map(({ allowed }) => allowed)).toEqual([...others.map(() => false), true]);
    expect(calls.statements).toBe(2);
  });

  it('reads a token and its app in one statement, and no app for a request that names none', async () => {
    const { value, id } = await issueGated(app.store, { readOnly: true });
    const wiki = await registerApp(app.store, 'wiki', { hosts: ['wiki.example.com'] });
    const { store, calls } = countingStore((hashes) => app.store.tokens.findByHashes(hashes));
    const { verifyRequest, findApp } = createVerification(store, createStatusContext(app.clock, null));
    const request = { app: null, method: 'GET', path: '/', ip: null };
    expect(await verifyRequest(value, request)).toMatchObject({ allowed: true, token: { id }, app: null });
    expect(calls).toEqual({ statements: 1, withVersion: 0, withApps: 0 });

    for (const key of [{ kind: 'name', name: 'wiki' } as const, { kind: 'host', host: 'wiki.example.com' } as const]) {
      expect(await verifyRequest(value, { ...request, app: key })).toMatchObject({ app: { id: wiki.id } });
      expect(await findApp(key)).toMatchObject({ id: wiki.id });
    }
    expect(calls).toEqual({ statements: 1, withVersion: 0, withApps: 4 });
  });

  it('needs two statements for a hundred concurrent requests for several apps', async () => {
    const values = await Promise.all(Array.from({ length: 10 }, () => issueGated(app.store)));
    const apps = await Promise.all(['one', 'two', 'three'].map((name) => registerApp(app.store, name)));
    const { store, calls } = countingStore((hashes) => app.store.tokens.findByHashes(hashes));
    const { verifyRequest } = createVerification(store, createStatusContext(app.clock, null));
    const names = [...apps.map(({ name }) => name), 'none', null];
    const verdicts = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const { value, id } = values[index % 10] ?? { value: '', id: '' };
        const name = names[index % 5] ?? null;
        const key = name === null ? null : ({ kind: 'name', name } as const);
        const verdict = await verifyRequest(value, { app: key, method: null, path: null, ip: null });
        return { name, isOwn: verdict.allowed && verdict.token.id === id, app: 'app' in verdict && verdict.app?.name };
      }),
    );
    for (const { name, isOwn, app } of verdicts) {
      expect({ name, isOwn, app }).toEqual({
        name,
        isOwn: name !== 'none',
        app: name === 'none' || name === null ? undefined : name,
      });
    }
    expect(calls).toEqual({ statements: 0, withVersion: 0, withApps: 2 });
  });

  it('evaluates only the rules whose inputs are asked about', async () => {
    const { value } = await issueGated(app.store, { readOnly: true, allow: ['GET /a'], networks: ['10.0.0.0/8'] });
    const { verifyRequest } = app.services;
    const nothing = { app: undefined, method: undefined, path: undefined, ip: undefined };
    for (const [request, reason] of [
      [nothing, null],
      [{ ...nothing, method: 'POST' }, 'method'],
      [{ ...nothing, path: '/a' }, null],
      [{ ...nothing, path: '/b' }, 'path'],
      [{ ...nothing, method: 'GET', path: '/b' }, 'path'],
      [{ ...nothing, ip: '192.0.2.1' }, 'network'],
      [{ ...nothing, ip: null }, 'network'],
      [{ ...nothing, app: { kind: 'name', name: 'no-such-app' } }, 'app'],
      [{ ...nothing, app: 'unknown' }, 'app'],
      [{ ...nothing, app: { kind: 'host', host: 'nobody.example.com' } }, null],
    ] as const) {
      const verdict = await verifyRequest(value, request);
      expect(verdict.allowed ? null : verdict.reason).toBe(reason);
    }
  });

  it('rejects within two seconds if the database does not respond', async () => {
    const { store } = countingStore(() => new Promise(() => {}));
    const startedAt = performance.now();
    await expect(
      createVerification(store, createStatusContext(app.clock, null)).verify(generateToken('tok').reveal()),
    ).rejects.toBeInstanceOf(StoreUnavailable);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
