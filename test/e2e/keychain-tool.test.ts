import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeHome } from '../helpers/cli/home.ts';
import { withoutKeytar, withoutSecretTool } from '../helpers/cli/keychain-access.ts';
import { type Client, signIn } from '../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../helpers/daemon/daemon.ts';
import { runProgram } from '../helpers/daemon/process.ts';
import { startKeyring } from '../helpers/peers/keyring.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const hasKeyring = hasRealParts(
  'gnome-keyring-daemon',
  'secret-tool',
  'dbus-run-session',
  'dbus-send',
  'module:keytar',
);

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let client: Client;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  prepared = await prepareDaemon();
  daemon = await startDaemon(prepared.dataDir);
  client = await signIn(daemon.url, superuser);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  await daemon.stop();
  await prepared.remove();
});

/** Starts a keyring, and puts a `secret-tool` in front of the real one that writes down its arguments. */
async function openKeyring() {
  const home = await makeHome();
  cleanups.push(home.remove);
  const keyring = await startKeyring(home.env);
  cleanups.push(keyring.stop);
  const log = join(home.path, 'arguments');
  const directory = join(home.path, 'bin');
  await mkdir(directory);
  await writeFile(log, '');
  const script = `#!/bin/sh\necho "$@" >>'${log}'\nPATH='${process.env.PATH}'\nexec secret-tool "$@"\n`;
  await writeFile(join(directory, 'secret-tool'), script);
  await chmod(join(directory, 'secret-tool'), 0o755);
  const env = { TOKENS_SERVER: daemon.url, ...keyring.env };
  const searchPath = `${directory}:${process.env.PATH}`;
  return {
    keyring,
    both: (args: string[], input = '') => runProgram('tokens', args, { env: { ...env, PATH: searchPath }, input }),
    keytar: (args: string[], input = '') =>
      runProgram('tokens', args, { env: { ...env, ...withoutSecretTool }, input }),
    tool: (args: string[], input = '', variables = {}) =>
      runProgram('tokens', args, {
        env: { ...env, ...withoutKeytar, PATH: searchPath, ...variables },
        input,
      }),
    arguments: () => readFile(log, 'utf8'),
  };
}

const login = ['login', '--email', superuser.email, '--password-stdin', '--credential-store', 'keychain'];
const entry = (name: string) => `${new URL(daemon.url).host}/${name}`;

describe.skipIf(!hasKeyring)('secret-tool', () => {
  it('stores what keytar finds, and finds what keytar stored', async () => {
    const { keyring, keytar, tool } = await openKeyring();
    const name = `it's "my" \\ laptop`;
    expect(await tool(login, superuser.password)).toMatchObject({ code: 0 });
    expect(await keytar(['whoami', '--json'])).toMatchObject({ code: 0 });
    const created = await tool(['create', name, '--store']);
    expect(created.code).toBe(0);
    expect((await keytar(['get', name])).stdout).toBe(created.stdout);
    const rotated = await keytar(['rotate', name, '--store']);
    expect(rotated.code).toBe(0);
    expect((await tool(['get', name])).stdout).toBe(rotated.stdout);
    expect((await tool(['revoke', name, '--yes'])).code).toBe(0);
    expect(await keyring.lookUp('tokens', entry(`token/${superuser.email}/${name}`))).toBe('');
    expect(await keytar(['logout'])).toMatchObject({ code: 0 });
    expect((await tool(['whoami'])).code).toBe(4);
  });

  it('is used if keytar is installed, too, because it starts faster', async () => {
    const { both, keytar, arguments: written } = await openKeyring();
    await keytar(login, superuser.password);
    expect(await both(['whoami', '--json'])).toMatchObject({ code: 0 });
    expect(await written()).toContain(`lookup xdg:schema org.freedesktop.Secret.Generic service tokens`);
  });

  it('receives no secret as an argument', async () => {
    const { keyring, tool, arguments: written } = await openKeyring();
    await tool(login, superuser.password);
    const session = await keyring.lookUp('tokens', entry('session'));
    const { stdout: value } = await tool(['create', 'ci', '--store']);
    expect(await written()).toContain(entry(`token/${superuser.email}/ci`));
    expect(session).toMatch(/^session_/);
    for (const secret of [session, value.trim()]) expect(await written()).not.toContain(secret);
  });

  it('is not asked by completion if the keyring is locked', async () => {
    const { keyring, tool, arguments: written } = await openKeyring();
    await tool(login, superuser.password);
    await keyring.lock();
    const before = await written();
    expect(before).not.toBe('');
    expect(await tool(['__complete', 'token'])).toMatchObject({ code: 0, stderr: '' });
    expect(await written()).toBe(before);
  });

  it('is missed in the words for a machine without a keychain', async () => {
    const { tool } = await openKeyring();
    const insisting = await tool(login, superuser.password, { PATH: '/nonexistent' });
    expect(insisting).toMatchObject({ code: 1, stdout: '' });
    expect(insisting.stderr).toContain('There is no usable OS keychain here.');
    const choosing = await tool(login.slice(0, -2), superuser.password, { PATH: '/nonexistent' });
    expect(choosing.code).toBe(0);
    expect(choosing.stderr).toContain('There is no usable OS keychain here, so the session is stored in ');
    const session = { TOKENS_SESSION: client.session, PATH: '/nonexistent' };
    expect((await tool(['create', 'kept nowhere', '--store'], '', session)).stderr).toContain('libsecret-tools');
  });
});
