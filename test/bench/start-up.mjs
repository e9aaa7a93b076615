import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { account, createSuperuser, signIn } from './changes.mjs';
import { root, startDaemon } from './programs.mjs';

const cli = `${root}bin/tokens.js`;
const rounds = 21;

/**
 * Measures how long programs take from start to exit, in turn with Node alone. Returns the milliseconds of each program by name, in the order
 * of the rounds. `NODE_EXTRA_CA_CERTS` and `NODE_OPTIONS` of this environment do not count: reading the certificates of a system adds 80 ms to
 * every start of Node, which would hide the differences. Without a keychain, its row is left out.
 */
export async function measureStartUp(url) {
  const home = mkdtempSync(join(tmpdir(), 'tokens-start-up-'));
  const env = { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: home };
  const keyring = hasKeyring() ? await startKeyring(env) : null;
  try {
    const withFile = signedIn(url, { ...env, TOKENS_CONFIG_DIR: join(home, 'file') }, 'file');
    const request = `require('node:http').get('${url}/healthz', (response) => response.resume())`;
    const cases = {
      'node -e 0': [['-e', '0'], env],
      'node, one GET with node:http': [['-e', request], env],
      'tokens --version': [[cli, '--version'], env],
      'tokens --help': [[cli, '--help'], env],
      'tokens list --json, session from a file': [[cli, 'list', '--json', '--limit', '20'], withFile],
      'completion of names, cached': [[cli, '__complete', 'token'], withFile],
      'tokensd --help': [[`${root}bin/tokensd.js`, '--help'], env],
    };
    if (keyring !== null) {
      const kept = signedIn(url, { ...keyring.env, PATH: env.PATH, TOKENS_CONFIG_DIR: join(home, 'kept') }, 'keychain');
      cases['tokens list --json, session from the keychain'] = [[cli, 'list', '--json', '--limit', '20'], kept];
    }
    const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, [args, environment]] of Object.entries(cases)) times[name].push(timeOf(args, environment));
    }
    return times;
  } finally {
    await keyring?.stop();
    rmSync(home, { recursive: true });
  }
}

/** Measures start-up with a daemon of its own, whose database holds 20 tokens. Returns the same as `measureStartUp`. */
export async function measureStartUpAlone() {
  const directory = mkdtempSync(join(tmpdir(), 'tokens-bench-'));
  const env = { TOKENSD_DATA_DIR: directory };
  createSuperuser(env);
  const daemon = await startDaemon(env);
  try {
    const session = await signIn(daemon.url);
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${session}` };
    for (let i = 0; i < 20; i += 1) {
      const body = JSON.stringify({ name: `token-${i}` });
      const { ok } = await fetch(`${daemon.url}/api/v1/tokens`, { method: 'POST', headers, body });
      if (!ok) throw new Error('A token could not be created.');
    }
    return await measureStartUp(daemon.url);
  } finally {
    await daemon.stop();
    rmSync(directory, { recursive: true });
  }
}

function timeOf(args, env) {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return performance.now() - startedAt;
}

/** Signs in, and asks for the names of tokens once, so that completion has them. Returns the environment of the session. */
function signedIn(url, env, store) {
  const words = ['login', url, '--email', account.email, '--password-stdin', '--credential-store', store];
  const login = spawnSync(process.execPath, [cli, ...words], { env, input: account.password });
  if (login.status !== 0) throw new Error(String(login.stderr));
  timeOf([cli, '__complete', 'token'], env);
  return env;
}

function hasKeyring() {
  return ['dbus-run-session', 'gnome-keyring-daemon', 'dbus-send'].every(
    (program) => spawnSync('which', [program]).status === 0,
  );
}

/** Starts an unlocked gnome-keyring on its own session bus. */
async function startKeyring(env) {
  const script = `
    printf '\\n' | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
    until dbus-send --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \\
      string:org.freedesktop.secrets | grep -q true; do sleep 0.1; done
    echo "$DBUS_SESSION_BUS_ADDRESS"
    cat >/dev/null
    kill $!; wait`;
  const session = spawn('dbus-run-session', ['--', 'sh', '-c', script], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const closed = new Promise((resolve) => session.once('close', resolve));
  const [address] = await once(session.stdout, 'data');
  return {
    env: { ...env, DBUS_SESSION_BUS_ADDRESS: String(address).trim() },
    async stop() {
      session.stdin.end();
      await closed;
    },
  };
}
