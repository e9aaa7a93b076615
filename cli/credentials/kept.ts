import type { Context } from '../context.ts';
import { localError } from '../errors.ts';
import { configDirectory } from '../session/config-file.ts';
import type { PrivateDirectory } from '../session/private-file.ts';
import type { Server } from '../session/server-url.ts';
import { isUsable, keychainHint } from './keychain.ts';
import { type CredentialStore, tokenAccount } from './store.ts';

/** What is remembered of a value that `create --store` put into the keychain; lets `get` match names without a server. */
export interface KeptToken {
  readonly host: string;
  readonly owner: string;
  readonly name: string;
  readonly prefix: string;
}

const fileName = 'kept.json';

/** Throws `damaged-file` if the list is not readable. */
export async function readKept(directory: PrivateDirectory): Promise<readonly KeptToken[]> {
  const text = await directory.read(fileName);
  if (text === null) return [];
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every(isKept)) return list;
  } catch {
    // Not JSON: reported below.
  }
  throw localError(
    'damaged-file',
    `${directory.path}/${fileName} is damaged. Remove it; the values stay in the keychain.`,
  );
}

/** The OS keychain, tried, so that a token is not made in vain. Throws `no-keychain` with a hint how to get one. */
export async function requireKeychain(ctx: Context): Promise<CredentialStore> {
  await readKept(configDirectory(ctx));
  const keychain = await ctx.keychain();
  if (keychain && (await isUsable(keychain, ctx.uuid))) return keychain;
  throw localError('no-keychain', `There is no usable OS keychain here, so nothing was created. ${keychainHint}`);
}

/** Remembers a new token's name, then puts its value into the keychain: what is in there can always be found again. */
export async function keepValue(
  ctx: Context,
  keychain: CredentialStore,
  server: Server,
  token: Omit<KeptToken, 'host'> & { token: string },
): Promise<void> {
  const directory = configDirectory(ctx);
  const kept = { host: server.host, owner: token.owner, name: token.name, prefix: token.prefix };
  await change(directory, (list) => [...list.filter((other) => !isSame(other, kept)), kept]);
  await keychain.set(tokenAccount(server, token.owner, token.name), token.token);
}

/** Removes the value of a revoked token, if one is kept here. */
export async function forgetValue(ctx: Context, server: Server, token: { owner: string; name: string }): Promise<void> {
  const directory = configDirectory(ctx);
  const gone = { host: server.host, owner: token.owner, name: token.name };
  if (!(await readKept(directory)).some((other) => isSame(other, gone))) return;
  await (await ctx.keychain())?.delete(tokenAccount(server, token.owner, token.name));
  await change(directory, (list) => list.filter((other) => !isSame(other, gone)));
}

async function change(directory: PrivateDirectory, act: (list: readonly KeptToken[]) => KeptToken[]): Promise<void> {
  await directory.withLock(fileName, async () => {
    const list = act(await readKept(directory));
    await directory.write(fileName, `${JSON.stringify(list, null, 2)}\n`);
  });
}

function isSame(one: Omit<KeptToken, 'prefix'>, other: Omit<KeptToken, 'prefix'>): boolean {
  return one.host === other.host && one.owner === other.owner && one.name === other.name;
}

function isKept(value: unknown): value is KeptToken {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<Record<keyof KeptToken, unknown>>;
  return [entry.host, entry.owner, entry.name, entry.prefix].every((text) => typeof text === 'string');
}
