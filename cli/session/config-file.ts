import { isAbsolute, join } from 'node:path';
import type { Context } from '../context.ts';
import type { CredentialStoreName } from '../credentials/store.ts';
import { hasCode, localError } from '../errors.ts';
import { tell } from '../ui/notes.ts';
import { type PrivateDirectory, privateDirectory } from './private-file.ts';

/** A server somebody signed in to from here. Holds no secret. */
export interface ServerEntry {
  readonly url: string;
  readonly host: string;
  readonly email: string;
  readonly credentialStore: CredentialStoreName;
  readonly insecureHttp: boolean;
}

/** `current` is the `url` of the server in use, or null. At most one entry a host. */
export interface Config {
  readonly current: string | null;
  readonly servers: readonly ServerEntry[];
}

const fileName = 'config.json';
export const emptyConfig: Config = { current: null, servers: [] };

/** `TOKENS_CONFIG_DIR`, else `$XDG_CONFIG_HOME/tokens`, else `~/.config/tokens`. */
export function configDirectory(ctx: Context): PrivateDirectory {
  const path = ctx.env.TOKENS_CONFIG_DIR || join(configHome(ctx), 'tokens');
  return privateDirectory(path, {
    warn: (text) => tell(ctx, `warning: ${text}`),
    uuid: ctx.uuid,
    signal: ctx.signal,
  });
}

/** The XDG base directory specification ignores a relative path. */
function configHome(ctx: Context): string {
  const given = ctx.env.XDG_CONFIG_HOME ?? '';
  if (isAbsolute(given)) return given;
  const home = ctx.homeDirectory();
  if (home !== null && isAbsolute(home)) return join(home, '.config');
  throw localError('usage', 'There is no home directory to keep settings in. Set HOME or TOKENS_CONFIG_DIR.');
}

/** Throws `damaged-file` for a file that is not what `rememberServer` wrote. */
export async function readConfig(directory: PrivateDirectory): Promise<Config> {
  const text = await directory.read(fileName);
  if (text === null) return emptyConfig;
  const config = parse(text);
  if (config) return config;
  const path = join(directory.path, fileName);
  throw localError('damaged-file', `${path} is damaged. Run \`tokens login URL\` to replace it.`);
}

/** After a sign-in: `entry` is current and takes the place of any other for its host, which is answered. Replaces a damaged file. */
export function rememberServer(directory: PrivateDirectory, entry: ServerEntry): Promise<ServerEntry | null> {
  return directory.withLock(fileName, async () => {
    const { servers } = await readConfig(directory).catch((error: unknown) => {
      if (hasCode(error, 'damaged-file')) return emptyConfig;
      throw error;
    });
    const others = servers.filter(({ host }) => host !== entry.host);
    await write(directory, { current: entry.url, servers: [...others, entry] });
    return servers.find(({ host }) => host === entry.host) ?? null;
  });
}

/** The remembered sign-in that an address or a host names. Throws `server-not-known`. */
export async function requireEntry(directory: PrivateDirectory, named: string): Promise<ServerEntry> {
  return entryIn((await readConfig(directory)).servers, named);
}

/** Makes a remembered server current. Throws `server-not-known`. */
export function chooseServer(directory: PrivateDirectory, named: string): Promise<ServerEntry> {
  return directory.withLock(fileName, async () => {
    const { servers } = await readConfig(directory);
    const entry = entryIn(servers, named);
    await write(directory, { current: entry.url, servers });
    return entry;
  });
}

/** Forgets a sign-in; if its server was current, none is. */
export function forgetServer(directory: PrivateDirectory, { host }: ServerEntry): Promise<void> {
  return directory.withLock(fileName, async () => {
    const { current, servers } = await readConfig(directory);
    const others = servers.filter((entry) => entry.host !== host);
    await write(directory, { current: others.some(({ url }) => url === current) ? current : null, servers: others });
  });
}

function entryIn(servers: readonly ServerEntry[], named: string): ServerEntry {
  const text = named.toLowerCase().replace(/\/+$/, '');
  const found = servers.find(({ url, host }) => url.toLowerCase() === text || host.toLowerCase() === text);
  if (found) return found;
  throw localError('server-not-known', 'You did not sign in to that server from here. See `tokens servers list`.');
}

function write(directory: PrivateDirectory, config: Config): Promise<void> {
  return directory.write(fileName, `${JSON.stringify(config, null, 2)}\n`);
}

function parse(text: string): Config | null {
  try {
    const value: unknown = JSON.parse(text);
    return isConfig(value) ? value : null;
  } catch {
    return null;
  }
}

function isConfig(value: unknown): value is Config {
  if (typeof value !== 'object' || value === null || !('current' in value) || !('servers' in value)) return false;
  const currentIsFine = value.current === null || typeof value.current === 'string';
  return currentIsFine && Array.isArray(value.servers) && value.servers.every(isEntry);
}

function isEntry(value: unknown): value is ServerEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<Record<keyof ServerEntry, unknown>>;
  return (
    typeof entry.url === 'string' &&
    typeof entry.host === 'string' &&
    typeof entry.email === 'string' &&
    (entry.credentialStore === 'keychain' || entry.credentialStore === 'file') &&
    typeof entry.insecureHttp === 'boolean'
  );
}
