import { join } from 'node:path';
import type { Context } from '../context.ts';
import { localError } from '../errors.ts';
import { configDirectory } from '../session/config-file.ts';
import { credentialsFile, fileStore } from './file.ts';
import { isUsable, noKeychain } from './keychain.ts';
import { type CredentialStore, type CredentialStoreName, isCredentialStoreName } from './store.ts';

export interface NamedStore extends CredentialStore {
  readonly name: CredentialStoreName;
}

/**
 * Chooses where `login` stores the session: `wanted`, else `TOKENS_CREDENTIAL_STORE`, else the keychain. If neither names a
 * store and the keychain is not usable, chooses the file and returns a note that says so.
 * @throws CliError `usage` for an unknown store, `no-keychain` if a keychain is required and not usable.
 */
export async function chooseStore(
  ctx: Context,
  wanted: string | undefined,
): Promise<{ store: NamedStore; storeNote: string | null }> {
  const name = wanted ?? (ctx.env.TOKENS_CREDENTIAL_STORE || null);
  if (name !== null && !isCredentialStoreName(name)) {
    const source = wanted === undefined ? 'TOKENS_CREDENTIAL_STORE' : '--credential-store';
    throw localError('usage', `${source} must be keychain or file.`);
  }
  const directory = configDirectory(ctx);
  const file: NamedStore = { name: 'file', ...fileStore(directory) };
  if (name === 'file') return { store: file, storeNote: null };
  const keychain = await ctx.keychain();
  if (keychain && (await isUsable(keychain, ctx.uuid))) {
    return { store: { name: 'keychain', ...keychain }, storeNote: null };
  }
  if (name === 'keychain') throw noKeychain('To store the session in a file, use `--credential-store file`.');
  const path = join(directory.path, credentialsFile);
  const storeNote = `There is no usable OS keychain here, so the session is stored in ${path} (mode 600).`;
  return { store: file, storeNote };
}
