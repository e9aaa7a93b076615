import type { Context, Prompts } from '../context.ts';
import { localError } from '../errors.ts';
import { configDirectory } from '../session/config-file.ts';
import { fileStore } from './file.ts';
import { isUsable, keychainHint, noKeychain } from './keychain.ts';
import { type CredentialStore, type CredentialStoreName, isCredentialStoreName } from './store.ts';

export interface NamedStore extends CredentialStore {
  readonly name: CredentialStoreName;
}

/**
 * Chooses where `login` stores the session: `wanted`, else `TOKENS_CREDENTIAL_STORE`, else the keychain. Asks before it
 * uses a file in place of a keychain that is not usable.
 * @throws CliError `usage` for an unknown store, `no-keychain`, or `cancelled` if the answer is no.
 */
export async function chooseStore(
  ctx: Context,
  wanted: string | undefined,
  prompts: Prompts | null,
): Promise<NamedStore> {
  const name = wanted ?? (ctx.env.TOKENS_CREDENTIAL_STORE || null);
  if (name !== null && !isCredentialStoreName(name)) {
    throw localError('usage', 'The credential store must be keychain or file.');
  }
  const directory = configDirectory(ctx);
  const file: NamedStore = { name: 'file', ...fileStore(directory) };
  if (name === 'file') return file;
  const keychain = await ctx.keychain();
  if (keychain && (await isUsable(keychain, ctx.uuid))) return { name: 'keychain', ...keychain };
  if (name === 'keychain' || !prompts) {
    throw noKeychain('To store the session in a file, use `--credential-store file`.');
  }
  const question = `There is no usable OS keychain here. Store the session in a file in ${directory.path} (mode 600)?`;
  if (await prompts.confirm(question)) return file;
  throw localError('cancelled', `Cancelled: not signed in. ${keychainHint}`);
}
