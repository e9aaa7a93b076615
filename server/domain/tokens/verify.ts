import { isWellFormedToken } from '../../../shared/token-format.ts';

import type { AppKey, AppMatch, HashMatch, StatusContext } from '../../store/records.ts';
import { hashSecret } from '../secrets.ts';
import { createLookup, type Found, type LookupStore } from './look-up.ts';
import { type ForbidReason, judgeRequest, type RequestedApp } from './rules/evaluate.ts';
import { createReadGroups, type OwnerGroups } from './rules/owner-groups.ts';
import { createRuleParser } from './rules/token-rules.ts';
import { type ValueStatus, valueStatus } from './status.ts';

/** Why a presented value is denied. `unknown`: the value is malformed, or was never issued here. */
export type DenyReason = Exclude<ValueStatus, 'active'> | 'unknown';

export type VerifiedToken = Extract<HashMatch, { kind: 'token' }>;

interface KnownToken {
  prefix: string;
  name: string;
  owner: string;
}

/** `known` describes the denied token, if it was issued here. `tokenId` is null if the token no longer exists. */
interface Denied {
  allowed: false;
  status: 401;
  reason: DenyReason;
  known: KnownToken | null;
  tokenId: string | null;
  /** The ID of a token that no longer exists and left a tombstone. */
  endedTokenId?: string;
  /** The app that the request was for, if the token exists or ended. Absent if no request was decided on. */
  app?: AppMatch | null;
  /**
   * The hash of the canary with this value, or null if the value was never issued. The response must not differ between the two. Absent if the
   * value is malformed, so that it was not looked up, and for values that were issued.
   */
  canary?: string | null;
}

/** Whether a presented value is an active token. */
export type Verdict = { allowed: true; token: VerifiedToken } | Denied;

/**
 * A request for which a token is presented. A part is undefined if the caller did not ask about it, and null if no trusted
 * proxy sent it. A null app means that the request is for no app. Each part is read when it is needed.
 */
export interface GateRequest {
  /** `unknown`: the app is named in a way that no app has. */
  readonly app: AppKey | 'unknown' | null | undefined;
  readonly method: string | null | undefined;
  /** The raw path without its query. See `rawPathOf`. */
  readonly path: string | null | undefined;
  /** The client's address in canonical form. */
  readonly ip: string | null | undefined;
}

export interface AllowedRequest {
  allowed: true;
  token: VerifiedToken;
  groups: OwnerGroups;
  /** The app that the request is for. */
  app: AppMatch | null;
  /** Why the rules of the token would deny the request if they were enforced. */
  wouldDeny: ForbidReason | null;
}

/** The token is active, but may not make this request. */
interface ForbiddenRequest {
  allowed: false;
  status: 403;
  reason: ForbidReason;
  known: KnownToken;
  tokenId: string;
  app: AppMatch | null;
}

/** Whether a token may make a request. */
export type RequestVerdict = AllowedRequest | Denied | ForbiddenRequest;

/** The one verification behind every route and credential form. All reject with StoreUnavailable if the database fails. */
export interface Verification {
  /** Reports whether a presented value is an active token. Evaluates no rules. */
  verify(value: string): Promise<Verdict>;
  /**
   * Decides whether a request may pass with a presented value. 401 takes precedence over 403. Returns the verdict on a malformed value at once,
   * because it needs no lookup.
   */
  verifyRequest(value: string, request: GateRequest): RequestVerdict | Promise<RequestVerdict>;
  /** Decides the same for the value with this hash. */
  judgeHash(hash: string, request: GateRequest): Promise<RequestVerdict>;
  /** Finds an app, in a statement that it shares with lookups of tokens. */
  findApp(app: AppKey): Promise<AppMatch | null>;
}

const malformed: Denied = Object.freeze({
  allowed: false,
  status: 401,
  reason: 'unknown',
  known: null,
  tokenId: null,
});

/** Returns a new object for an unknown value as well, so that a canary takes no longer. */
function denyUnknown(canary: string | null): Denied {
  return { allowed: false, status: 401, reason: 'unknown', known: null, tokenId: null, canary };
}

/**
 * Creates the verification. It checks length, shape and checksum first, so that a malformed value never reaches the database.
 * Then it reads the token, its owner and the app in one batched statement. It writes nothing. It remembers nothing but apps, and uses
 * these only if the statement confirms that none has changed.
 * `observeBatch` receives the number of lookups in each statement.
 */
export function createVerification(
  store: LookupStore,
  statusContext: () => StatusContext,
  observeBatch: (lookups: number) => void = () => {},
): Verification {
  const lookUp = createLookup(store, observeBatch);
  const parseRules = createRuleParser();
  const readGroups = createReadGroups();

  const judgeToken = (match: HashMatch | null): Verdict => {
    if (match === null || match.kind === 'canary') return denyUnknown(match === null ? null : match.hash);
    const status = valueStatus(match, statusContext());
    if (status !== 'active') return deny(status, match);
    return match.kind === 'token' ? { allowed: true, token: match } : denyUnknown(null);
  };

  const judgeRules = (token: VerifiedToken, groups: OwnerGroups, request: GateRequest, app: AppMatch | null) => {
    const rules = parseRules(token.rules);
    return judgeRequest(rules, {
      app: requestedApp(request.app, app),
      ownerGroups: groups.names,
      method: request.method,
      path: request.path,
      // Only a rule about networks needs the address, and finding it takes time. So would a getter here.
      ip: rules?.networks ? request.ip : undefined,
    });
  };

  const judgeFound = (found: Found | null, request: GateRequest): RequestVerdict => {
    const verdict = judgeToken(found?.match ?? null);
    const app = found?.app ?? null;
    if (!verdict.allowed) {
      if (verdict.tokenId !== null || verdict.endedTokenId !== undefined) verdict.app = app;
      return verdict;
    }
    const { token } = verdict;
    if (token.manage !== null) return forbid('management', token, app);
    const groups = readGroups(token.ownerSsoGroups, token.ownerManualGroups);
    if (token.rules === null && request.app === null) return { allowed: true, token, groups, app, wouldDeny: null };
    const { denied, wouldDeny } = judgeRules(token, groups, request, app);
    if (denied === null) return { allowed: true, token, groups, app, wouldDeny };
    return forbid(denied, token, app);
  };

  const judgeHash = (hash: string, request: GateRequest) =>
    lookUp({ hash, app: keyOf(request.app) }).then((found) => judgeFound(found, request));

  return {
    judgeHash,
    verify(value) {
      if (!isWellFormedToken(value)) return Promise.resolve(malformed);
      return lookUp({ hash: hashSecret(value), app: null }).then((found) => judgeToken(found?.match ?? null));
    },
    verifyRequest(value, request) {
      if (!isWellFormedToken(value)) return malformed;
      return judgeHash(hashSecret(value), request);
    },
    findApp: async (app) => (await lookUp({ hash: null, app }))?.app ?? null,
  };
}

/** Returns when a verified value stops working by itself, or null if it does not. A previous value ends with its overlap at the latest. */
export function valueEndsAt({ expiresAt, validUntil }: VerifiedToken): number | null {
  if (validUntil === null) return expiresAt;
  return expiresAt === null ? validUntil : Math.min(validUntil, expiresAt);
}

function keyOf(app: GateRequest['app']): AppKey | null {
  return app === undefined || app === 'unknown' ? null : app;
}

/** Returns the app that a request is for. A name that no app has is unknown. A host that no app has means that the request is for no app. */
function requestedApp(asked: GateRequest['app'], found: AppMatch | null): RequestedApp | null | undefined {
  if (asked === undefined || asked === null || asked === 'unknown') return asked;
  if (found !== null) return found;
  return asked.kind === 'name' ? 'unknown' : null;
}

function deny(reason: DenyReason, match: Exclude<HashMatch, { kind: 'canary' }>): Denied {
  return {
    allowed: false,
    status: 401,
    reason,
    known: knownOf(match),
    tokenId: match.kind === 'token' ? match.id : null,
    ...(match.kind === 'tombstone' && { endedTokenId: match.tokenId }),
    app: null,
  };
}

function forbid(reason: ForbidReason, token: VerifiedToken, app: AppMatch | null): ForbiddenRequest {
  return { allowed: false, status: 403, reason, known: knownOf(token), tokenId: token.id, app };
}

function knownOf({ prefix, name, ownerEmail: owner }: Exclude<HashMatch, { kind: 'canary' }>): KnownToken {
  return { prefix, name, owner };
}
