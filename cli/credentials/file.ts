import { join } from 'node:path';
import { hasCode, localError } from '../errors.ts';
import type { PrivateDirectory } from '../session/private-file.ts';
import type { CredentialStore } from './store.ts';

export const credentialsFile = 'credentials.json';

/** Stores secrets in a file that only its owner can read, for machines without a keychain. */
export function fileStore(directory: PrivateDirectory): CredentialStore {
  const read = async (): Promise<Map<string, string>> => {
    const text = await directory.read(credentialsFile);
    if (text === null) return new Map();
    const entries = parse(text);
    if (entries) return entries;
    throw localError(
      'damaged-file',
      `${join(directory.path, credentialsFile)} is damaged. Run \`tokens login\` to replace it.`,
    );
  };
  const write = (entries: Map<string, string>) =>
    directory.write(credentialsFile, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);

  return {
    get: async (account) => (await read()).get(account) ?? null,
    set: (account, secret) =>
      directory.withLock(credentialsFile, async () => {
        // Replace a damaged file, because `tokens login` is the way to repair one.
        const entries = await read().catch((error: unknown) => {
          if (hasCode(error, 'damaged-file')) return new Map<string, string>();
          throw error;
        });
        await write(entries.set(account, secret));
      }),
    delete: (account) =>
      directory.withLock(credentialsFile, async () => {
        const entries = await read();
        if (entries.delete(account)) await write(entries);
      }),
  };
}

function parse(text: string): Map<string, string> | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const entries = Object.entries(value);
    return entries.every(([, secret]) => typeof secret === 'string') ? new Map(entries) : null;
  } catch {
    return null;
  }
}
