import { limits } from '../../../shared/limits.ts';
import { foldName, normalizeName } from '../../../shared/names.ts';
import { type FieldError, ProblemError } from '../../../shared/problem.ts';
import type { AskedRequest } from '../../../shared/schemas/tokens/rules.ts';
import type { CreateTokenBody } from '../../../shared/schemas/tokens/tokens.ts';
import type { EndedToken, Page, TokenRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { TokenFilter } from '../../store/token-filter.ts';
import { findMember } from '../accounts/members.ts';
import { findServiceAccount } from '../accounts/service-accounts/find.ts';
import { createAppNames } from '../apps/app-names.ts';
import { type Caller, type Operator, requireScope } from '../caller.ts';
import { type BulkChanges, createBulkChanges } from './bulk/bulk.ts';
import { type NewTokenFields, problemsOfNew } from './changes/check-new.ts';
import { createEditing, type Editing } from './changes/edit.ts';
import { createPausing, type Pausing } from './changes/pause.ts';
import { createRotation, type Rotation } from './changes/rotate.ts';
import { type Creation, type Creator, createToken, type TokenDeps } from './create.ts';
import { type EndedTokenFacts, findEndedByPrefix, findEndedToken, listEnded } from './ended/ended-tokens.ts';
import { type ExpiryPolicy, policyFor } from './expiry.ts';
import { actsAsOwner, findByPrefix, findToken, tokenNotFound } from './find.ts';
import { type ListSort, sortOf } from './lists/sort.ts';
import { createReporting, type Reporting } from './report/report.ts';
import { createRevocation, type Revocation } from './revoke.ts';
import { decide } from './rules/decide.ts';
import type { RuleOutcome } from './rules/evaluate.ts';
import { type AppNames, findAppNames, readableRules } from './rules/shown-rules.ts';
import { withoutFormerRequests } from './transfer/former-requests.ts';
import { createTransferring, type Transferring } from './transfer/transfer.ts';
import type { VerifiedToken } from './verify.ts';

export interface TokenQuery extends Page, TokenFilter {
  /** The ID or email address of the owner. Only superusers may name another member. */
  user?: string;
  /** The name of the service account that owns them. For its maintainers and superusers. */
  serviceAccount?: string;
  /** Lists the tokens of every member. Only for superusers. */
  all?: boolean;
  /**
   * The ID or email address of a member. Lists the tokens of service accounts whose values this member knows. Only for
   * superusers.
   */
  knownTo?: string;
  /** The name of an app. Lists the tokens whose rules name it. */
  app?: string;
  /** ID of a trust. With `exchanged`, lists the tokens that jobs received under it. */
  trustId?: string;
  /** A part of the name. */
  q?: string;
  /** The IDs that `find` returned for the same query. */
  among?: readonly string[];
  /** Newest first by default. `before` then means nothing. */
  sort?: ListSort;
}

/** How many tokens match, and their IDs if they are few and were found. */
export interface FoundTokens {
  total: number;
  among?: readonly string[];
}

/** What a query selects on all pages. */
type Selected = Omit<TokenQuery, 'limit' | 'before' | 'sort'>;

export interface Tokens extends Revocation, Rotation, Editing, Pausing, BulkChanges, Reporting, Transferring {
  /**
   * Creates a token of the creator, or of a service account for its maintainers and superusers.
   * @throws ProblemError `permission-missing`, `service-account-not-found`, `service-account-disabled`, `name-taken`,
   * `token-limit`, `invalid-fields`, `idempotency-mismatch`
   */
  create(creator: Creator, body: CreateTokenBody, idempotencyKey?: string): Promise<Creation>;
  /** Returns the operator's token, or any token for a superuser or a management key. @throws ProblemError `token-not-found`, `scope-missing` */
  get(operator: Operator, id: string): Promise<TokenRecord>;
  /**
   * Returns the operator's tokens unless the query says otherwise, newest first or in the given order.
   * @throws ProblemError `invalid-fields` if too many tokens match to sort them; `superuser-required`, `scope-missing`, `user-not-found`, `service-account-not-found`
   */
  list(operator: Operator, query: TokenQuery): Promise<TokenRecord[]>;
  /** Returns what a creation with these fields would reject now. Changes nothing. See `problemsOfNew`. */
  problemsOfNew(caller: Caller, fields: NewTokenFields): Promise<FieldError[]>;
  /**
   * Returns the tokens that the operator may see and that have or had a value with this prefix, newest first.
   * @throws ProblemError `scope-missing`
   */
  findByPrefix(operator: Operator, prefix: string, before: string | null): Promise<TokenRecord[]>;
  /** Returns a token that ended, as long as its tombstone is kept. @throws ProblemError `token-not-found`, `scope-missing` */
  getEnded(operator: Operator, id: string): Promise<EndedTokenFacts>;
  /**
   * Returns tokens that ended, the latest first. Selects by owner as `list` does, and ignores other filters. @throws ProblemError
   * as `list` does
   */
  listEnded(operator: Operator, query: TokenQuery): Promise<EndedToken[]>;
  /** Returns the tokens that ended of which a value had this prefix. See `findEndedByPrefix`. @throws ProblemError `scope-missing` */
  findEndedByPrefix(operator: Operator, prefix: string, before: string | null): Promise<EndedToken[]>;
  /** Returns how many tokens `list` has on all pages, or `max` if there are more. */
  count(operator: Operator, query: Omit<TokenQuery, 'limit' | 'before'>, max: number): Promise<number>;
  /**
   * Counts as `count` does, before a page is listed. If finding the tokens takes longer than reading a page, and they are fewer than `max`, also returns their
   * IDs, which `list` takes as `among`.
   */
  find(operator: Operator, query: Omit<TokenQuery, 'limit' | 'before'>, max: number): Promise<FoundTokens>;
  /** Reports whether the operator may do with a token what its owner may. */
  actsAsOwner(operator: Operator, token: Pick<TokenRecord, 'ownerId' | 'ownerKind'>): Promise<boolean>;
  /** Returns how many tokens of a member are active. @throws ProblemError `superuser-required` */
  countActive(caller: Caller, userId: string): Promise<number>;
  /** Returns the names of the apps that the rules and the last denied requests of these tokens mention. */
  appNames(
    tokens: ReadonlyArray<Pick<TokenRecord, 'rules'> & Partial<Pick<TokenRecord, 'lastDenied'>>>,
  ): Promise<AppNames>;
  /** Returns the policy that bounds the expiry of a token: the organization's, and that of its apps. */
  expiryPolicyOf(token: Pick<TokenRecord, 'rules'>): Promise<ExpiryPolicy>;
  /** Decides whether the token may make a request that a client describes. Records nothing. */
  decide(token: Pick<TokenRecord, 'rules' | 'ownerId' | 'manage'>, request: AskedRequest): Promise<RuleOutcome>;
  /** Returns the token that the request presents. @throws ProblemError `token-not-found` if it has just been revoked */
  getItself(token: VerifiedToken): Promise<TokenRecord>;
}

/** What the store selects, whatever the page. */
type Selection = Omit<Parameters<Store['tokens']['list']>[0], 'limit' | 'before'>;

/** Maximum length of the search text. Every folded name is shorter, because folding at most triples a character. */
const maxSearchLength = 4 * limits.maxNameCodePoints;

export function createTokens(deps: TokenDeps): Tokens {
  const { store, statusContext, policy } = deps;
  const appNames = createAppNames(store);

  /** Returns what the store selects for a query. Requires that the operator may list these tokens. */
  async function selectionOf(operator: Operator, query: Selected): Promise<Selection> {
    const { user, serviceAccount, all, knownTo, app, q = '', ...rest } = query;
    const nameContains = foldName(normalizeName(q)).slice(0, maxSearchLength);
    const appId = app === undefined ? undefined : await idOfApp(store, app);
    const filter = {
      ...rest,
      ...(appId !== undefined && { appId }),
      ...(nameContains !== '' && { nameContains }),
      ...statusContext(),
    };
    if (all) {
      requireScope(operator, 'tokens:read');
      return filter;
    }
    if (knownTo !== undefined) {
      requireScope(operator, 'tokens:read');
      const { id } = await findMember(store, operator, 'tokens:read', knownTo);
      return { ...filter, knownTo: id };
    }
    const owner = await ownerToList(store, operator, { user, serviceAccount });
    return { ...filter, ownerId: owner.id };
  }

  return {
    ...createRevocation(deps),
    ...createRotation(deps),
    ...createEditing(deps),
    ...createPausing(deps),
    ...createBulkChanges(deps),
    ...createReporting(deps),
    ...createTransferring(deps),

    create: (creator, body, idempotencyKey) => createToken(deps, creator, body, idempotencyKey),

    problemsOfNew: (caller, fields) => problemsOfNew(deps, caller, fields),

    get: (operator, id) => findToken(store, operator, id),

    findByPrefix: (operator, prefix, before) => findByPrefix(store, operator, prefix, before),

    async list(operator, { limit, before, sort, ...query }) {
      const selection = await selectionOf(operator, query);
      const page = sort === undefined ? { before } : { before: null, sort: await sortOf(store, selection, sort) };
      return withoutFormerRequests(store, operator, await store.tokens.list({ ...selection, limit, ...page }));
    },

    getEnded: (operator, id) => findEndedToken(store, operator, id),

    findEndedByPrefix: (operator, prefix, before) => findEndedByPrefix(store, operator, prefix, before),

    async listEnded(operator, { limit, before, sort: _, ...query }) {
      const { ownerId, nameContains, exchanged } = await selectionOf(operator, query);
      const filter = {
        ...(ownerId !== undefined && { ownerId }),
        ...(nameContains !== undefined && { nameContains }),
        ...(exchanged && { exchanged }),
      };
      return listEnded(store, { ...filter, limit, before });
    },

    async count(operator, { sort: _, ...query }, max) {
      return store.tokens.countUpTo(await selectionOf(operator, query), max);
    },

    async find(operator, { sort: _, ...query }, max) {
      const { total, ids } = await store.tokens.idsUpTo(await selectionOf(operator, query), max);
      return { total, ...(ids && { among: ids }) };
    },

    actsAsOwner: (operator, token) => actsAsOwner(store, operator, token),

    async countActive(caller, userId) {
      requireScope(caller, 'tokens:read');
      return store.tokens.countActiveOf(userId, statusContext());
    },

    appNames: (tokens) => findAppNames({ apps: appNames }, tokens),

    async expiryPolicyOf({ rules }) {
      const apps = await Promise.all((readableRules(rules).apps ?? []).map((id) => store.apps.findById(id)));
      return policyFor(
        policy.expiry,
        apps.filter((app) => app !== null),
      );
    },

    decide: (token, request) => decide(store, token, request),

    async getItself({ id }) {
      const token = await store.tokens.findById(id);
      if (token === null) throw tokenNotFound();
      return token;
    },
  };
}

/** @throws ProblemError `superuser-required`, `scope-missing`, `user-not-found`, `service-account-not-found` */
async function ownerToList(
  store: Store,
  operator: Operator,
  { user, serviceAccount }: { user: string | undefined; serviceAccount: string | undefined },
): Promise<UserRecord> {
  const scope = 'tokens:read';
  if (serviceAccount !== undefined) return findServiceAccount(store, operator, scope, { name: serviceAccount });
  return user === undefined ? operator.user : findMember(store, operator, scope, user);
}

/** @throws ProblemError `app-not-found` */
async function idOfApp(store: Store, name: string): Promise<string> {
  const app = await store.apps.findByName(name);
  if (app === null) throw new ProblemError('app-not-found', `There is no app “${name}”. Check its name.`);
  return app.id;
}
