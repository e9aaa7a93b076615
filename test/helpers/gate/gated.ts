import { generateToken, hashSecret } from '../../../server/domain/secrets.ts';
import { noRules, storeRules, type TokenRules } from '../../../server/domain/tokens/rules/token-rules.ts';
import type { AppRecord } from '../../../server/store/records.ts';
import type { Store } from '../../../server/store/store.ts';
import { addApp } from '../../store/contract/apps/apps.ts';
import { addToken, addUser } from '../../store/contract/records.ts';

/** The rules of a token, and the groups of its owner. */
export interface Gated extends Partial<TokenRules> {
  ssoGroups?: string[];
  manualGroups?: string[];
  expiresAt?: number;
}

/** Stores a token with rules, and returns its value. Its owner is a new member in these groups. */
export async function issueGated(
  store: Store,
  { ssoGroups, manualGroups, expiresAt, ...rules }: Gated = {},
): Promise<{ value: string; id: string; ownerId: string }> {
  const owner = await addUser(store, {
    ssoGroups: ssoGroups === undefined ? null : JSON.stringify(ssoGroups),
    manualGroups: manualGroups === undefined ? null : JSON.stringify(manualGroups),
  });
  const value = generateToken('tok').reveal();
  const { id } = await addToken(store, owner.id, {
    hash: hashSecret(value),
    rules: storeRules({ ...noRules, ...rules }),
    ...(expiresAt !== undefined && { expiresAt }),
  });
  return { value, id, ownerId: owner.id };
}

/** Registers an app with this name. */
export function registerApp(store: Store, name: string, changes: Partial<AppRecord> = {}): Promise<AppRecord> {
  return addApp(store, { name, ...changes });
}

/** Deletes an app, whether tokens are restricted to it or not. */
export async function deleteApp(store: Store, id: string): Promise<void> {
  await store.transaction((store) => store.apps.delete(id, true));
}
