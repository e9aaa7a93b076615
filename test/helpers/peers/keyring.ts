import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { bareEnvironment, eventually } from '../daemon/process.ts';

export interface Keyring {
  /** Environment variables that connect a program to this keyring. */
  env: Record<string, string>;
  /** Locks the keyring, as the desktop does when the screen is locked. */
  lock(): Promise<void>;
  /** Returns the secret that `secret-tool` finds, or an empty string. */
  lookUp(service: string, account: string): Promise<string>;
  stop(): Promise<void>;
}

const secrets = 'org.freedesktop.secrets';

/** Starts an unlocked gnome-keyring on its own session bus. `env` contains HOME and XDG_RUNTIME_DIR. */
export async function startKeyring(env: Record<string, string>): Promise<Keyring> {
  const script = `
    printf '\\n' | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
    echo "$DBUS_SESSION_BUS_ADDRESS"
    cat >/dev/null
    kill $!; wait`;
  const session = spawn('dbus-run-session', ['--', 'sh', '-c', script], { env: bareEnvironment(env) });
  const closed = new Promise((resolve) => session.once('close', resolve));
  const [address] = await new Promise<string[]>((resolve, reject) => {
    createInterface({ input: session.stdout }).once('line', (line) => resolve([line]));
    session.once('close', () => reject(new Error('dbus-run-session ended')));
  });
  const sessionEnv = { ...env, DBUS_SESSION_BUS_ADDRESS: address ?? '' };
  const send = (destination: string, ...args: string[]) =>
    run(sessionEnv, 'dbus-send', ['--print-reply', `--dest=${destination}`, ...args]);
  // Asks the bus who owns the name, because a call to the name itself would start a second, locked keyring.
  const isOwned = ['/', 'org.freedesktop.DBus.NameHasOwner', `string:${secrets}`];
  await eventually(async () => (await send('org.freedesktop.DBus', ...isOwned)).includes('true'), 'the keyring');
  return {
    env: sessionEnv,
    async lock() {
      const collection = '/org/freedesktop/secrets/collection/login';
      const lock = 'org.freedesktop.Secret.Service.Lock';
      const reply = await send(secrets, '/org/freedesktop/secrets', lock, `array:objpath:${collection}`);
      if (!reply.includes(collection)) throw new Error(`The keyring did not lock: ${reply}`);
    },
    lookUp: (service, account) => run(sessionEnv, 'secret-tool', ['lookup', 'service', service, 'account', account]),
    async stop() {
      session.stdin.end();
      await closed;
    },
  };
}

function run(env: Record<string, string>, command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { env: bareEnvironment(env) });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  return new Promise((resolve, reject) => child.once('error', reject).once('close', () => resolve(stdout)));
}
