import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../server/store/open.ts';
import type { User } from '../../../shared/schemas/accounts/users.ts';
import type { ListedSession } from '../../../shared/schemas/sign-in/sessions.ts';
import { type Home, makeHome } from '../../helpers/cli/home.ts';
import { ctrlC, enter, linesOf, startOnTerminal } from '../../helpers/cli/terminal.ts';
import { addDeveloper, type Client, signIn } from '../../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { runProgram } from '../../helpers/daemon/process.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const hourMs = 60 * 60 * 1000;
const dev = 'dev@example.com';

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let home: Home;
let root: Client;
let env: Record<string, string>;

const tokens = (...argv: string[]) => runProgram('tokens', argv, { env });
const developer = async () =>
  ((await (await root.request('GET', `/users?email=${dev}`)).json()) as { items: User[] }).items[0];

beforeAll(async () => {
  [prepared, home] = await Promise.all([prepareDaemon(), makeHome()]);
  daemon = await startDaemon(prepared.dataDir);
  root = await signIn(daemon.url, superuser);
  await addDeveloper(daemon.url, root, dev);
  env = { ...home.env, TOKENS_SERVER: daemon.url, TOKENS_CREDENTIAL_STORE: 'file' };
  const login = ['login', daemon.url, '--email', superuser.email, '--password-stdin'];
  expect((await runProgram('tokens', login, { env, input: superuser.password })).code).toBe(0);
});

afterAll(async () => {
  await daemon.stop();
  await Promise.all([prepared.remove(), home.remove()]);
});

/** The superuser signed in two hours ago and has confirmed nothing since. The developer has no role. */
beforeEach(async () => {
  const demoted = await root.request('PATCH', `/users/${(await developer())?.id}`, { superuser: false });
  expect(demoted.status).toBe(200);
  const sessions: ListedSession[] = JSON.parse((await tokens('sessions', 'list', '--json')).stdout);
  const store = await openStore(`sqlite:${join(prepared.dataDir, 'tokens.db')}`);
  await store.sessions.confirm(sessions.find(({ current }) => current)?.id ?? '', Date.now() - 2 * hourMs);
  await store.close();
});

describe.skipIf(!hasRealParts('script', 'stty'))('a confirmation on a terminal', () => {
  it('names the action, asks for the password without showing it, and goes on', async () => {
    const promote = startOnTerminal(['users', 'promote', dev], { env, columns: 120 });
    await promote.answer(`Confirm it is you to make ${dev} an Organization Superuser`, '');
    await promote.answer('Password', superuser.password + enter);
    const { code, screen } = await promote.ended();
    expect([code, linesOf(screen).at(-1)]).toEqual([0, expect.stringContaining(dev)]);
    expect(screen).not.toContain(superuser.password);
    expect(await developer()).toMatchObject({ superuser: true });
    // The confirmation counts for an hour.
    expect((await tokens('users', 'demote', dev)).code).toBe(0);
    expect(await tokens('users', 'promote', dev)).toMatchObject({ code: 0, stderr: '' });
  });

  it('comes before the first change of apply', async () => {
    const path = join(prepared.dataDir, 'organization.yaml');
    await writeFile(path, `members: [{ email: ${dev}, superuser: true }]\napps: [{ name: wiki }]\n`);
    const run = startOnTerminal(['apply', '-f', path], { env, columns: 120 });
    await run.answer(`because the plan makes ${dev} an Organization Superuser`, '');
    const apps = await (await root.request('GET', '/apps?name=wiki')).json();
    expect(apps).toMatchObject({ items: [] });
    await run.answer('Password', superuser.password + enter);
    expect((await run.ended()).code).toBe(0);
    expect(await developer()).toMatchObject({ superuser: true });
  });

  it('changes nothing after a wrong password or Ctrl-C', async () => {
    const wrong = startOnTerminal(['users', 'promote', dev], { env, columns: 120 });
    await wrong.answer('Password', `a wrong password${enter}`);
    const { code, screen } = await wrong.ended();
    expect([code, screen]).toEqual([4, expect.stringContaining('password is wrong')]);
    const cancelled = startOnTerminal(['users', 'promote', dev], { env, columns: 120 });
    await cancelled.answer('Password', ctrlC);
    expect((await cancelled.ended()).code).toBe(130);
    expect(await developer()).toMatchObject({ superuser: false });
  });

  it('exits 4 without a terminal, and stderr says what to do', async () => {
    const { code, stdout, stderr } = await tokens('users', 'promote', dev);
    expect({ code, stdout, stderr }).toEqual({
      code: 4,
      stdout: '',
      stderr: `error: Confirm it is you to make ${dev} an Organization Superuser, because you have not done so within the last hour. Run the command in a terminal, or make the change in the console.\n`,
    });
    expect(await developer()).toMatchObject({ superuser: false });
  });
});
