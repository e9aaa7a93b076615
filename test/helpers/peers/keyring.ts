import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { bareEnvironment, eventually } from '../daemon/process.ts';

export interface Keyring {
  /** Leads a program to this keyring. */
  env: Record<string, string>;
  /** As a person does who leaves the desk. */
  lock(): Promise<void>;
  /** What `secret-tool` finds under a service's account; empty if nothing. */
  lookUp(service: string, account: string): Promise<string>;
  stop(): Promise<void>;
}

const secrets = 'org.freedesktop.secrets';

/** gnome-keyring, unlocked, on a session bus of its own. `env` holds its HOME and XDG_RUNTIME_DIR. */
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
  const inside = { ...env, DBUS_SESSION_BUS_ADDRESS: address ?? '' };
  const send = (to: string, ...words: string[]) =>
    run(inside, 'dbus-send', ['--print-reply', `--dest=${to}`, ...words]);
  // Asking the name itself would make the bus start a second, locked keyring.
  const isOwned = ['/', 'org.freedesktop.DBus.NameHasOwner', `string:${secrets}`];
  await eventually(async () => (await send('org.freedesktop.DBus', ...isOwned)).includes('true'), 'the keyring');
  return {
    env: inside,
    async lock() {
      const collection = '/org/freedesktop/secrets/collection/login';
      const lock = 'org.freedesktop.Secret.Service.Lock';
      const reply = await send(secrets, '/org/freedesktop/secrets', lock, `array:objpath:${collection}`);
      if (!reply.includes(collection)) throw new Error(`The keyring does not lock: ${reply}`);
    },
    lookUp: (service, account) => run(inside, 'secret-tool', ['lookup', 'service', service, 'account', account]),
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
