import { limits } from '../../../../shared/limits.ts';
import { foldName } from '../../../../shared/names.ts';
import { displayPrefix } from '../../../../shared/token-format.ts';
import type { FieldChange, ListedTrust, NewToken, TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { AuditTrail } from '../../audit.ts';
import { actorOf, type ClientInfo } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { generateToken, type Secret } from '../../secrets.ts';
import { linkApps, lockAppsOf } from '../../tokens/changes/edit-rules.ts';
import type { TokenPolicy } from '../../tokens/create.ts';
import { policyFor } from '../../tokens/expiry.ts';
import { readClaims } from '../trust-fields.ts';
import { ExchangeError, unacceptable } from './exchange-error.ts';
import { claimText } from './match-trust.ts';
import { requirePinned } from './pins.ts';
import { identityOf, rememberedUntil, type SubjectClaims, type UnverifiedToken } from './subject-token.ts';

/** Live tokens that one trust may have, so that a job in a loop cannot fill the database. */
const maxLiveTokens = 10_000;

/** Characters of the subject token's ID in the name of a token, at least. */
const minIdCharacters = 8;

export interface IssueDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
  policy: TokenPolicy;
}

interface Accepted {
  token: UnverifiedToken;
  claims: SubjectClaims;
  /** The trust as it was when it accepted the token. */
  trust: ListedTrust;
  clientInfo: ClientInfo;
}

/** Issues a token for a subject token that a trust accepts, in one transaction. @throws ExchangeError */
export function issueToken(
  { store, clock, newId, auditTrail, policy }: IssueDeps,
  { token: subject, claims, trust, clientInfo }: Accepted,
): Promise<{ token: TokenRecord; secret: Secret }> {
  const at = clock.now();
  const secret = generateToken(policy.productPrefix);
  const identity = identityOf(subject, claims);
  return store.transaction(async (store) => {
    // Lock the account before the trust, in the order of every change of a trust.
    if (!(await store.owners.lockForNewToken(trust.serviceAccountId))) throw accountDisabled();
    const current = await store.trusts.lockForUse(trust.id);
    if (current?.changedAt !== trust.changedAt) throw trustChanged();
    const used = { hash: identity.hash, expiresAt: rememberedUntil(claims) };
    if (!(await store.trusts.useSubjectToken(used))) throw replayed(identity.jti);
    await requirePinned(store, trust.id, claims);
    const apps = await lockAppsOf(store, trust.rules);
    const { maxSeconds } = policyFor(policy.expiry, apps);
    const lifetimeMs = Math.min(trust.ttlSeconds, maxSeconds ?? trust.ttlSeconds) * 1000;
    const fresh: Omit<NewToken, 'name' | 'nameFolded'> = {
      id: newId(),
      ownerId: trust.serviceAccountId,
      hash: secret.hash(),
      prefix: displayPrefix(secret.reveal()),
      description: null,
      createdAt: at,
      expiresAt: at + lifetimeMs,
      lifetimeMs,
      selfRotate: false,
      quietNetworks: true,
      rules: trust.rules,
      manage: null,
      trustId: trust.id,
      canary: false,
    };
    await insertNamed(store, fresh, trust.name, identity);
    if (apps.length > 0) await linkApps(store, fresh.id, apps);
    const token = await store.tokens.findById(fresh.id);
    if (token === null) throw new Error('The token that was just inserted cannot be found.');
    const actor = actorOf({ id: token.ownerId, email: token.ownerEmail, kind: token.ownerKind });
    const changes = matchedClaims(trust, claims, identity.jti);
    await auditTrail.tokenExchanged(store, { at, actor, token, clientInfo, changes });
    return { token, secret };
  });
}

/**
 * Inserts the token under a name of the trust and the first characters of the subject token's ID: as many as it takes to be free.
 * @throws ExchangeError if the trust has too many tokens
 */
async function insertNamed(
  store: Store,
  token: Omit<NewToken, 'name' | 'nameFolded'>,
  trustName: string,
  { jti, hash }: { jti: string | null; hash: string },
): Promise<void> {
  // An ID with other characters would be unreadable in a list. The hash follows, because another issuer may use the same IDs.
  const readable = jti !== null && /^[A-Za-z0-9_-]{8,}$/.test(jti) ? [jti, hash] : [hash];
  const maxCharacters = limits.maxNameCodePoints - trustName.length - 1;
  for (const id of readable) {
    for (let length = minIdCharacters; length <= Math.min(id.length, maxCharacters); length += 1) {
      const name = `${trustName}/${id.slice(0, length)}`;
      const outcome = await store.tokens.insert({ ...token, name, nameFolded: foldName(name) }, maxLiveTokens);
      if (outcome === 'inserted') return;
      if (outcome === 'token-limit') throw tooManyTokens();
    }
  }
  throw new Error('Every name for an exchanged token is taken.');
}

const maxShownCharacters = 300;

/** Returns what the audit event lists: the trust, and the claims that matched with their values. */
function matchedClaims(trust: ListedTrust, claims: SubjectClaims, jti: string | null): FieldChange[] {
  const shown = (text: string) => text.replace(/\p{C}/gu, '').slice(0, maxShownCharacters);
  const matched = Object.keys(readClaims(trust)).map((name) => [name, claimText(claims, name) ?? ''] as const);
  return [['trust', trust.name], ['iss', trust.issuer], ...matched, ...(jti === null ? [] : [['jti', jti]])].map(
    ([field = '', to = '']) => ({ field, from: null, to: shown(to) }),
  );
}

function replayed(jti: string | null): ExchangeError {
  const what = jti === null ? 'The subject token' : 'The subject token with this jti';
  return unacceptable(`${what} was exchanged before. Each is accepted once, so get a new one.`);
}

function accountDisabled(): ExchangeError {
  return unacceptable('The service account of the trust is disabled.');
}

function trustChanged(): ExchangeError {
  const description = 'The trust was changed at this moment. Try again.';
  return new ExchangeError('temporarily_unavailable', description, { retryAfter: 1 });
}

function tooManyTokens(): ExchangeError {
  const description = `The trust has ${maxLiveTokens} tokens that have not expired. Try again later.`;
  return new ExchangeError('temporarily_unavailable', description, { retryAfter: 60 });
}
