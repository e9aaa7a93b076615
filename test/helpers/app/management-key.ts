import { createIds, generateToken } from '../../../server/domain/secrets.ts';
import { storeRules } from '../../../server/domain/tokens/rules/token-rules.ts';
import type { UserRecord } from '../../../server/store/records.ts';
import { foldName } from '../../../shared/names.ts';
import type { Scope } from '../../../shared/scopes.ts';
import { displayPrefix } from '../../../shared/token-format.ts';
import type { TestApp } from './app.ts';

/** A management key and the service account that owns it. */
export interface TestKey {
  id: string;
  value: string;
  account: UserRecord;
  /** The header field that presents the key. */
  headers: { Authorization: string };
}

/** Stores a service account without its route. */
export async function storeServiceAccount(app: TestApp, name: string): Promise<UserRecord> {
  const email = `service-account:${name}`;
  const account: UserRecord = {
    id: createIds(app.clock)(),
    email,
    emailFolded: email,
    name,
    superuser: false,
    auditor: false,
    disabled: false,
    canManageTokens: true,
    passwordHash: null,
    passwordUntilSso: false,
    sso: false,
    ssoSignedInAt: null,
    totpEnabledAt: null,
    passkeyCount: 0,
    ssoGroups: null,
    manualGroups: null,
    kind: 'service-account',
    description: null,
    createdAt: app.clock.now(),
    invitedAt: null,
    joinedAt: null,
    disabledAt: null,
  };
  if (!(await app.store.users.insert(account))) throw new Error(`There is a service account ${name} already.`);
  return account;
}

interface KeyOptions {
  name?: string;
  networks?: string[];
  selfRotate?: boolean;
}

const ninetyDaysMs = 90 * 24 * 60 * 60 * 1000;

/** Stores a token of a service account without its route: a management key with these scopes, or a plain token with none. */
export async function storeKey(
  app: TestApp,
  account: UserRecord,
  scopes: readonly Scope[],
  { name = 'terraform', networks, selfRotate = true }: KeyOptions = {},
): Promise<TestKey> {
  const value = generateToken('tok');
  const createdAt = app.clock.now();
  const id = createIds(app.clock)();
  const rules = { apps: null, readOnly: false, allow: null, networks: networks ?? null, enforce: true };
  const token = {
    ...{ id, ownerId: account.id, hash: value.hash(), prefix: displayPrefix(value.reveal()), name },
    ...{ nameFolded: foldName(name), description: null, createdAt },
    ...{ expiresAt: createdAt + ninetyDaysMs, lifetimeMs: ninetyDaysMs, selfRotate, quietNetworks: false },
    ...{
      rules: storeRules(rules),
      manage: scopes.length === 0 ? null : scopes.join(' '),
      trustId: null,
      canary: false,
    },
  };
  const outcome = await app.store.tokens.insert(token, 1000);
  if (outcome !== 'inserted') throw new Error(`The key was not stored: ${outcome}`);
  return { id, value: value.reveal(), account, headers: { Authorization: `Bearer ${value.reveal()}` } };
}
