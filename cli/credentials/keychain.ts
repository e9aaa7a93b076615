import { localError } from '../errors.ts';
import type { CredentialStore } from './store.ts';

/** The part of keytar that is used here. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

const service = 'tokens';
const patienceMs = 15_000;

export const keychainHint =
  'On Linux, install libsecret and a keyring such as gnome-keyring, reinstall tokens, and run it in a session whose keyring is unlocked.';

/** The OS keychain through keytar; null if `load` cannot bring the module. Every call is bounded in time: a bus may hang. */
export async function openKeychain(
  load: () => Promise<Keytar>,
  timeoutMs = patienceMs,
): Promise<CredentialStore | null> {
  const keytar = await load().catch(() => null);
  if (!keytar) return null;
  return {
    get: (account) => bounded(() => keytar.getPassword(service, account), timeoutMs),
    set: (account, secret) => bounded(() => keytar.setPassword(service, account, secret), timeoutMs),
    delete: async (account) => {
      await bounded(() => keytar.deletePassword(service, account), timeoutMs);
    },
  };
}

/** Tries the keychain with a throwaway entry: a locked one answers reads as if it were empty, and only a write tells. */
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

async function bounded<T>(act: () => Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), timeoutMs);
  });
  try {
    return await Promise.race([act(), tooLate]);
  } catch (error) {
    if (isAbort(error)) throw error;
    const why = error instanceof Error ? error.message : 'unknown error';
    throw localError('no-keychain', `The OS keychain does not work: ${why}. Is it unlocked?`, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Ctrl-C says nothing of the keychain. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
