import { v7 } from 'uuid';
import type {
  Actor,
  AuditRecord,
  LastUse,
  MailRecord,
  NewDeniedRequest,
  NewToken,
  SessionRecord,
  UserRecord,
} from '../../../server/store/records.ts';
import type { Store } from '../../../server/store/store.ts';

/** The creation time of all records, and the current time of the tests. */
export const noon = Date.UTC(2026, 10, 23, 12);

let created = 0;

/** Returns IDs that sort in the order of their creation. */
export function nextId(): string {
  created += 1;
  return v7({ msecs: noon + created, seq: 0 });
}

export function userRecord(changes: Partial<UserRecord> = {}): UserRecord {
  const id = changes.id ?? nextId();
  return {
    id,
    email: `Member-${id}@example.com`,
    emailFolded: `member-${id}@example.com`,
    name: 'Ada Lovelace',
    superuser: false,
    auditor: false,
    disabled: false,
    canManageTokens: true,
    passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
    passwordUntilSso: false,
    sso: false,
    ssoSignedInAt: null,
    totpEnabledAt: null,
    passkeyCount: 0,
    ssoGroups: null,
    manualGroups: null,
    kind: 'member',
    description: null,
    createdAt: noon,
    invitedAt: null,
    joinedAt: noon,
    disabledAt: null,
    ...changes,
  };
}

export function newToken(ownerId: string, changes: Partial<NewToken> = {}): NewToken {
  const id = changes.id ?? nextId();
  return {
    id,
    ownerId,
    hash: `hash-of-${id}`,
    prefix: 'tok_8fK2b1Qz',
    name: `Token ${id}`,
    nameFolded: `token ${id}`,
    description: 'Deploys from the pipeline',
    createdAt: noon,
    expiresAt: null,
    lifetimeMs: null,
    selfRotate: false,
    quietNetworks: false,
    rules: null,
    manage: null,
    trustId: null,
    canary: false,
    ...changes,
  };
}

export function useOf(tokenId: string, changes: Partial<LastUse> = {}) {
  return { tokenId, at: noon, method: 'GET', path: '/builds/42', ip: '203.0.113.9', userAgent: 'curl/8', ...changes };
}

export function newDenied(tokenId: string, changes: Partial<NewDeniedRequest> = {}): NewDeniedRequest {
  return { ...useOf(tokenId), id: nextId(), reason: 'path', appId: null, ...changes };
}

export function sessionRecord(userId: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  const id = changes.id ?? nextId();
  return {
    id,
    userId,
    hash: `hash-of-${id}`,
    createdAt: noon,
    lastSeenAt: noon,
    expiresAt: noon + 1000,
    ip: '203.0.113.9',
    userAgent: 'tokens/1.0',
    sso: false,
    ssoSid: null,
    consoleStartedAt: noon,
    programStartedAt: null,
    confirmedAt: noon,
    ...changes,
  };
}

export function auditRecord(changes: Partial<AuditRecord> = {}): AuditRecord {
  return {
    id: nextId(),
    at: noon,
    actor: { kind: 'user', id: 'an-actor', email: 'actor@example.com' },
    action: 'token.created',
    target: { kind: 'token', id: 'a-token', name: 'ci-pipeline' },
    ownerId: 'an-owner',
    ip: '203.0.113.9',
    userAgent: 'tokens/1.0',
    ...changes,
  };
}

export function mail(changes: Partial<MailRecord> = {}): Omit<MailRecord, 'attempts'> {
  const id = changes.id ?? nextId();
  return {
    id,
    to: 'ada@example.com',
    subject: 'A token was created',
    text: 'Hello',
    html: '<p>Hello</p>',
    messageId: `<${id}@example.com>`,
    createdAt: noon,
    ...changes,
  };
}

export const actor: Actor = { kind: 'user', id: 'an-actor', email: 'actor@example.com' };

export async function addUser(store: Store, changes: Partial<UserRecord> = {}): Promise<UserRecord> {
  const user = userRecord(changes);
  if (!(await store.users.insert(user))) throw new Error('The email address is taken.');
  return user;
}

export async function addToken(store: Store, ownerId: string, changes: Partial<NewToken> = {}): Promise<NewToken> {
  const token = newToken(ownerId, changes);
  const outcome = await store.tokens.insert(token, 1000);
  if (outcome !== 'inserted') throw new Error(outcome);
  return token;
}

export const firstPage = { limit: 200, before: null };
