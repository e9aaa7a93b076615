import { type CliError, localError } from '../errors.ts';
import type { CredentialStore } from './store.ts';

/** The part of keytar that this program uses. The modules in `tools/` implement it, too. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

const service = 'tokens';
const callTimeoutMs = 15_000;

const keychainHint =
  'On Linux, install secret-tool (package libsecret-tools or libsecret) and a keyring such as gnome-keyring, and run tokens in a session whose keyring is unlocked.';

/** Creates the error for a machine without a usable keychain. `advice` precedes the hint on how to get one. */
export function noKeychain(advice?: string): CliError {
  const sentences = ['There is no usable OS keychain here.', advice, keychainHint];
  return localError('no-keychain', sentences.filter((sentence) => sentence !== undefined).join(' '));
}

/**
 * Opens the OS keychain. Returns null if `load` rejects, because neither keytar nor the platform's own tool is installed.
 * @throws CliError `no-keychain` from every call that fails or takes longer than `timeoutMs`. A D-Bus call can hang forever.
 */
export async function openKeychain(
  load: () => Promise<Keytar>,
  timeoutMs = callTimeoutMs,
): Promise<CredentialStore | null> {
  const keytar = await load().catch((error: unknown) => {
    if (isAbort(error)) throw error;
    return null;
  });
  if (!keytar) return null;
  return {
    get: (account) => withTimeout(() => keytar.getPassword(service, account), timeoutMs),
    set: (account, secret) => withTimeout(() => keytar.setPassword(service, account, secret), timeoutMs),
    delete: async (account) => {
      await withTimeout(() => keytar.deletePassword(service, account), timeoutMs);
    },
  };
}

/** Tests the keychain with a temporary entry, because a locked keychain reads as if it were empty and only writing fails. */
export async function isUsable(keychain: CredentialStore, uuid: () => string): Promise<boolean> {
  const account = `probe/${uuid()}`;
  const secret = uuid();
  try {
    await keychain.set(account, secret);
    const found = await keychain.get(account);
    await keychain.delete(account);
    return found === secret;
  } catch (error) {
    if (isAbort(error)) throw error;
    return false;
  }
}

async function withTimeout<T>(act: () => Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no response in time')), timeoutMs);
  });
  try {
    return await Promise.race([act(), timeout]);
  } catch (error) {
    if (isAbort(error)) throw error;
    const why = error instanceof Error ? error.message : 'unknown error';
    const advice = wasStarted(error) ? ' Check that it is unlocked.' : '';
    throw localError('no-keychain', `The OS keychain does not work: ${why}.${advice}`, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns false for the error of a program that the system could not start, such as a script without its interpreter. */
function wasStarted(error: unknown): boolean {
  return !(error instanceof Error && 'syscall' in error && String(error.syscall).startsWith('spawn'));
}

/** Returns whether a call failed because of Ctrl-C, which does not mean that the keychain is unusable. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
