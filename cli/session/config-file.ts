import { isAbsolute, join } from 'node:path';
import type { Context } from '../context.ts';
import type { CredentialStoreName } from '../credentials/store.ts';
import { hasCode, localError } from '../errors.ts';
import { writeStderr } from '../ui/notes.ts';
import { type PrivateDirectory, privateDirectory } from './private-file.ts';

/** A server that you signed in to from this machine. Contains no secret. */
export interface ServerEntry {
  readonly url: string;
  readonly host: string;
  readonly email: string;
  readonly credentialStore: CredentialStoreName;
  readonly insecureHttp: boolean;
  /** Names of the header fields that the gateway in front of this server needs. Their values are in the credential store. */
  readonly headers?: readonly string[];
}

/** The contents of `config.json`. `current` is the `url` of the server in use, or null. At most one entry per host. */
export interface Config {
  readonly current: string | null;
  readonly servers: readonly ServerEntry[];
}

const fileName = 'config.json';
export const emptyConfig: Config = { current: null, servers: [] };

/** Returns `TOKENS_CONFIG_DIR`, else `$XDG_CONFIG_HOME/tokens`, else `~/.config/tokens`. */
export function configDirectory(ctx: Context): PrivateDirectory {
  const chosen = ctx.env.TOKENS_CONFIG_DIR;
  return privateDirectory(chosen || join(configHome(ctx), 'tokens'), {
    isOwn: !chosen,
    warn: (text) => writeStderr(ctx, `warning: ${text}`),
    uuid: ctx.uuid,
    signal: ctx.signal,
  });
}

/** Ignores a relative `XDG_CONFIG_HOME`, as the XDG specification requires. @throws CliError `usage` without a home. */
function configHome(ctx: Context): string {
  const given = ctx.env.XDG_CONFIG_HOME ?? '';
  if (isAbsolute(given)) return given;
  const home = ctx.homeDirectory();
  if (home !== null && isAbsolute(home)) return join(home, '.config');
  throw localError('usage', 'There is no home directory for settings. Set HOME or TOKENS_CONFIG_DIR.');
}

/** Reads `config.json`. @throws CliError `damaged-file` if it does not contain a `Config`. */
export async function readConfig(directory: PrivateDirectory): Promise<Config> {
  const text = await directory.read(fileName);
  if (text === null) return emptyConfig;
  const config = parse(text);
  if (config) return config;
  const path = join(directory.path, fileName);
  throw localError('damaged-file', `${path} is damaged. Run \`tokens login URL\` to replace it.`);
}

/**
 * Saves a sign-in and makes its server current. Returns the earlier entry of the same host, or null. Replaces a damaged
 * file, because `tokens login` is the way to repair one.
 */
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

/** Returns the remembered sign-in with this address or host. @throws CliError `server-not-known`. */
export async function requireEntry(directory: PrivateDirectory, address: string): Promise<ServerEntry> {
  return entryIn((await readConfig(directory)).servers, address);
}

/** Makes a remembered server current. @throws CliError `server-not-known`. */
export function chooseServer(directory: PrivateDirectory, address: string): Promise<ServerEntry> {
  return directory.withLock(fileName, async () => {
    const { servers } = await readConfig(directory);
    const entry = entryIn(servers, address);
    await write(directory, { current: entry.url, servers });
    return entry;
  });
}

/** Removes a sign-in. If its server was current, no server is current afterwards. */
export function forgetServer(directory: PrivateDirectory, { host }: ServerEntry): Promise<void> {
  return directory.withLock(fileName, async () => {
    const { current, servers } = await readConfig(directory);
    const others = servers.filter((entry) => entry.host !== host);
    await write(directory, { current: others.some(({ url }) => url === current) ? current : null, servers: others });
  });
}

function entryIn(servers: readonly ServerEntry[], address: string): ServerEntry {
  const text = address.toLowerCase().replace(/\/+$/, '');
  const found = servers.find(({ url, host }) => url.toLowerCase() === text || host.toLowerCase() === text);
  if (found) return found;
  throw localError(
    'server-not-known',
    'You have not signed in to that server on this machine. Run `tokens servers list` to see your servers.',
  );
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
  const isCurrentValid = value.current === null || typeof value.current === 'string';
  return isCurrentValid && Array.isArray(value.servers) && value.servers.every(isEntry);
}

function isEntry(value: unknown): value is ServerEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<Record<keyof ServerEntry, unknown>>;
  return (
    typeof entry.url === 'string' &&
    typeof entry.host === 'string' &&
    typeof entry.email === 'string' &&
    (entry.credentialStore === 'keychain' || entry.credentialStore === 'file') &&
    typeof entry.insecureHttp === 'boolean' &&
    (entry.headers === undefined ||
      (Array.isArray(entry.headers) && entry.headers.every((name) => typeof name === 'string')))
  );
}
