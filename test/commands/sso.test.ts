import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runMoveIssuer } from '../../server/commands/sso/move.ts';
import { runUnbindIssuer } from '../../server/commands/sso/unbind.ts';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { runCommand } from '../helpers/app/commands.ts';
import { addUser, sessionRecord } from '../store/contract/records.ts';

const from = 'https://old.example.com/realms/acme';
const to = 'https://sso.example.com/realms/acme';
let dataDir: string;
let store: Store;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tokens-sso-'));
  store = await openStore(`sqlite:${join(dataDir, 'tokens.db')}`);
  await store.migrate();
});
afterEach(async () => {
  await store.close();
  await rm(dataDir, { recursive: true, force: true });
});

const env = (issuer?: string): Record<string, string> => ({
  TOKENSD_DATA_DIR: dataDir,
  ...(issuer && { TOKENSD_OIDC_ISSUER: issuer, TOKENSD_OIDC_CLIENT_ID: 'tokensd' }),
});
const move = (options: { from: string; to: string; yes?: boolean }, issuer?: string) =>
  runCommand(env(issuer), (context) => runMoveIssuer(context, { yes: true, ...options }));
const unbind = (options: { from: string; yes?: boolean }) =>
  runCommand(env(), (context) => runUnbindIssuer(context, { yes: true, ...options }));

async function addMembers(issuer: string, subjects: string[]) {
  const members = [];
  for (const subject of subjects) {
    const user = await addUser(store, { sso: true, passwordHash: null });
    await store.users.setIdentity(user.id, { issuer, subject });
    const session = sessionRecord(user.id);
    await store.sessions.insert(session);
    members.push({ ...user, session });
  }
  return members;
}

const issuers = () => store.users.issuers();
const events = async () => (await store.audit.list({ limit: 50, before: null })).toReversed();
const isSignedIn = async ({ session }: { session: { hash: string } }) =>
  (await store.sessions.findByHash(session.hash)) !== null;

describe('tokensd sso move', () => {
  it('moves everybody, keeps sessions, prints the count, and writes one audit event', async () => {
    const [ada] = await addMembers(from, ['1', '2', '3']);
    expect(await move({ from, to }, to)).toEqual({ code: 0, stdout: '', stderr: `Moved 3 members to ${to}.\n` });
    expect(await issuers()).toEqual([{ issuer: to, members: 3 }]);
    expect(await isSignedIn(ada ?? expect.fail())).toBe(true);
    expect(await events()).toMatchObject([
      { action: 'sso.issuer_moved', actor: { kind: 'system' }, target: { kind: 'issuer', name: `${from} → ${to}` } },
    ]);
  });

  it('says which setting has to follow', async () => {
    await addMembers(from, ['1']);
    const { stderr } = await move({ from, to }, from);
    expect(stderr).toContain(`They can sign in once TOKENSD_OIDC_ISSUER is ${to} and the daemon was restarted.`);
  });

  it('moves nothing if a subject exists at both issuers, and names the members', async () => {
    const [one, two, three] = await addMembers(from, ['1', '2', '3']);
    const [again] = await addMembers(to, ['2']);
    const { code, stderr } = await move({ from, to });
    expect(code).toBe(5);
    expect(stderr).toContain('Nothing was moved, because 1 subject of');
    expect(stderr).toContain(`At ${from}: ${two?.email}\n  At ${to}: ${again?.email}\n`);
    for (const other of [one, three]) expect(stderr).not.toContain(other?.email);
    expect(await issuers()).toEqual([
      { issuer: from, members: 3 },
      { issuer: to, members: 1 },
    ]);
    expect(await events()).toEqual([]);
  });

  it('lists the issuers that exist if nobody is at the one that was named', async () => {
    expect(await move({ from, to })).toMatchObject({ code: 3, stderr: 'No member is connected to single sign-on.' });
    await addMembers(from, ['1', '2']);
    const { code, stderr } = await move({ from: 'https://typo.example.com', to });
    expect([code, stderr]).toEqual([3, expect.stringContaining(`These issuers exist:\n  ${from} (2 members)`)]);
    const slash = await move({ from: `${from}/`, to });
    expect(slash.stderr).toContain(`only at ${from}: write the issuer without a final slash`);
  });

  it('takes the final slash seriously', async () => {
    await addMembers(from, ['1']);
    expect(await move({ from, to: from })).toMatchObject({ code: 2, stderr: expect.stringContaining('same issuer') });
    const other = await move({ from, to: `${to}/` }, to);
    expect([other.code, other.stderr]).toEqual([
      2,
      `TOKENSD_OIDC_ISSUER is ${to}, without a final slash, and --to must be exactly the same. Nothing was moved.`,
    ]);
    const asked = await move({ from, to: `${from}/`, yes: false });
    expect(asked.stderr).toContain('They differ only by the final slash.');
    expect((await move({ from, to: `${from}/` }, `${from}/`)).code).toBe(0);
    expect(await issuers()).toEqual([{ issuer: `${from}/`, members: 1 }]);
  });

  it('needs --yes where it cannot ask, and a valid issuer', async () => {
    await addMembers(from, ['1']);
    expect(await move({ from, to, yes: false })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Add --yes'),
    });
    for (const bad of ['sso.example.com', 'http://sso.example.com', '']) {
      expect(await move({ from, to: bad }), bad).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^--to must/),
      });
    }
    expect(await issuers()).toEqual([{ issuer: from, members: 1 }]);
  });
});

describe('tokensd sso unbind', () => {
  it('unbinds everybody at the issuer, ends their sessions, mails them, and leaves others alone', async () => {
    const members = await addMembers(from, ['1', '2']);
    const [left] = await addMembers(from, ['3']);
    await store.users.setDisabled(left?.id ?? '', true);
    const [other] = await addMembers(to, ['1']);
    expect(await unbind({ from })).toMatchObject({ code: 0, stderr: expect.stringContaining('Unbound 3 members.') });
    expect(await issuers()).toEqual([{ issuer: to, members: 1 }]);
    for (const user of members) {
      expect(await isSignedIn(user)).toBe(false);
      expect(await store.users.findById(user.id)).toMatchObject({ sso: true });
    }
    expect(await isSignedIn(other ?? expect.fail())).toBe(true);
    expect((await events()).map(({ action }) => action)).toEqual(Array(3).fill('user.sso_unbound'));
    const mails = await store.outbox.waiting(10);
    expect(mails.map((mail) => mail.to).sort(), 'not to disabled members').toEqual(
      members.map(({ email }) => email).sort(),
    );
    expect(await unbind({ from })).toMatchObject({ code: 3 });
  });

  it('needs --yes where it cannot ask', async () => {
    await addMembers(from, ['1']);
    expect(await unbind({ from, yes: false })).toMatchObject({ code: 2, stderr: expect.stringContaining('Add --yes') });
    expect(await issuers()).toEqual([{ issuer: from, members: 1 }]);
  });
});
