import type { Context } from '../context.ts';
import { localError } from '../errors.ts';
import { configDirectory } from '../session/config-file.ts';
import type { PrivateDirectory } from '../session/private-file.ts';
import type { Server } from '../session/server-url.ts';
import { isUsable, noKeychain } from './keychain.ts';
import { type CredentialStore, tokenAccount } from './store.ts';

/** Describes a token value that `create --store` put into the keychain. `get` matches names against it without a server. */
export interface StoredValue {
  readonly host: string;
  readonly owner: string;
  readonly name: string;
  readonly prefix: string;
}

const fileName = 'kept.json';

/** Reads the list of stored values. @throws CliError `damaged-file`. */
export async function readStoredValues(directory: PrivateDirectory): Promise<readonly StoredValue[]> {
  const text = await directory.read(fileName);
  if (text === null) return [];
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every(isStoredValue)) return list;
  } catch {
    // Not JSON: reported below.
  }
  throw localError(
    'damaged-file',
    `${directory.path}/${fileName} is damaged. Remove it; the values stay in the keychain.`,
  );
}

/**
 * Returns the OS keychain after testing it, so that no value is issued that cannot be stored.
 * @throws CliError `no-keychain`, which says that `undone` was not done.
 */
export async function requireKeychain(ctx: Context, undone = 'No token was created.'): Promise<CredentialStore> {
  await readStoredValues(configDirectory(ctx));
  const keychain = await ctx.keychain();
  if (keychain && (await isUsable(keychain, ctx.uuid))) return keychain;
  throw noKeychain(undone);
}

/** Stores a token's value. Updates the list before the keychain, so that every value in the keychain can be found. */
export async function storeValue(
  ctx: Context,
  keychain: CredentialStore,
  server: Server,
  token: Omit<StoredValue, 'host'> & { token: string },
): Promise<void> {
  const directory = configDirectory(ctx);
  const stored = { host: server.host, owner: token.owner, name: token.name, prefix: token.prefix };
  await update(directory, (list) => [...list.filter((other) => !isSame(other, stored)), stored]);
  await keychain.set(tokenAccount(server, token.owner, token.name), token.token);
}

/** Returns whether the keychain holds a value of this token. */
export async function isStored(
  ctx: Context,
  server: Server,
  { owner, name }: { owner: string; name: string },
): Promise<boolean> {
  const list = await readStoredValues(configDirectory(ctx));
  return list.some((other) => isSame(other, { host: server.host, owner, name }));
}

/** Removes the stored value of a revoked token, if there is one. */
export async function removeStoredValue(
  ctx: Context,
  server: Server,
  token: { owner: string; name: string },
): Promise<void> {
  if (!(await isStored(ctx, server, token))) return;
  const revoked = { host: server.host, owner: token.owner, name: token.name };
  await (await ctx.keychain())?.delete(tokenAccount(server, token.owner, token.name));
  await update(configDirectory(ctx), (list) => list.filter((other) => !isSame(other, revoked)));
}

/** Lets a renamed token keep its stored value. Does nothing if none is stored. */
export async function renameStoredValue(
  ctx: Context,
  server: Server,
  before: { owner: string; name: string },
  after: { owner: string; name: string; prefix: string },
): Promise<void> {
  // The token has its new name already, so an unreadable list does not make the command fail.
  if (!(await isStored(ctx, server, before).catch(() => false))) return;
  const keychain = await ctx.keychain();
  const token = (await keychain?.get(tokenAccount(server, before.owner, before.name))) ?? null;
  if (!keychain || token === null) return;
  await storeValue(ctx, keychain, server, { owner: after.owner, name: after.name, prefix: after.prefix, token });
  await removeStoredValue(ctx, server, before);
}

async function update(
  directory: PrivateDirectory,
  change: (list: readonly StoredValue[]) => StoredValue[],
): Promise<void> {
  await directory.withLock(fileName, async () => {
    const list = change(await readStoredValues(directory));
    await directory.write(fileName, `${JSON.stringify(list, null, 2)}\n`);
  });
}

function isSame(one: Omit<StoredValue, 'prefix'>, other: Omit<StoredValue, 'prefix'>): boolean {
  return one.host === other.host && one.owner === other.owner && one.name === other.name;
}

function isStoredValue(value: unknown): value is StoredValue {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<Record<keyof StoredValue, unknown>>;
  return [entry.host, entry.owner, entry.name, entry.prefix].every((text) => typeof text === 'string');
}
