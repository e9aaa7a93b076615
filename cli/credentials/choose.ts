import type { Context, Prompts } from '../context.ts';
import { localError } from '../errors.ts';
import { configDirectory } from '../session/config-file.ts';
import { fileStore } from './file.ts';
import { isUsable, keychainHint } from './keychain.ts';
import { type CredentialStore, type CredentialStoreName, isCredentialStoreName } from './store.ts';

export interface ChosenStore extends CredentialStore {
  readonly name: CredentialStoreName;
}

/**
 * Where `login` keeps the session: `wanted`, else `TOKENS_CREDENTIAL_STORE`, else the keychain. Without a usable keychain
 * it asks whether a file will do and never falls back silently. Throws `no-keychain`, `usage` or `cancelled`.
 */
export async function chooseStore(
  ctx: Context,
  wanted: string | undefined,
  prompts: Prompts | null,
): Promise<ChosenStore> {
  const name = wanted ?? (ctx.env.TOKENS_CREDENTIAL_STORE || null);
  if (name !== null && !isCredentialStoreName(name)) {
    throw localError('usage', 'The credential store is one of: keychain, file.');
  }
  const directory = configDirectory(ctx);
  const file: ChosenStore = { name: 'file', ...fileStore(directory) };
  if (name === 'file') return file;
  const keychain = await ctx.keychain();
  if (keychain && (await isUsable(keychain, ctx.uuid))) return { name: 'keychain', ...keychain };
  if (name === 'keychain' || !prompts) {
    throw localError(
      'no-keychain',
      `There is no usable OS keychain here. Use \`--credential-store file\` to keep the session in a file, or get a keychain: ${keychainHint}`,
    );
  }
  const question = `There is no usable OS keychain here. Keep the session in a file in ${directory.path} (mode 600)?`;
  if (await prompts.confirm(question)) return file;
  throw localError('cancelled', `Cancelled: not signed in. ${keychainHint}`);
}
