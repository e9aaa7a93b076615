import { limits } from '../../../shared/limits.ts';
import type { CreateTrustBody, EditTrustBody } from '../../../shared/schemas/trusts.ts';
import type { ListedTrust, Page, TrustRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { maintains } from '../accounts/service-accounts/find.ts';
import type { AuditTrail } from '../audit.ts';
import {
  isKey,
  notForKeys,
  type Operator,
  operatorActor,
  readsEverything,
  requireScope,
  requireStillAllowed,
} from '../caller.ts';
import { changesBetween } from '../changed-fields.ts';
import type { Clock } from '../clock.ts';
import { hostKind } from '../host-kind.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { noPrecondition, type Precondition } from '../precondition.ts';
import { editedRules, requireUsableRules } from '../tokens/changes/edit-rules.ts';
import { type AppNames, findAppNames } from '../tokens/rules/shown-rules.ts';
import { tellOfTrust } from './tell-of-trust.ts';
import { auditedFields, claimsText, mayBeInternal, storedFields } from './trust-fields.ts';
import { noSuchAccount, noSuchTrust, trustNameTaken } from './trust-problems.ts';

export interface TrustDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
  notifier: Notifier;
}

/**
 * Trusts: which identity tokens of other systems may be exchanged for a token of a service account. A trust in an issuer on this machine
 * or at an internal address can be created and changed only by a superuser. Superusers and maintainers are mailed about each change.
 *
 * @throws ProblemError `scope-missing` in every method, and `superuser-required` in those that change something
 */
export interface Trusts {
  /** @throws ProblemError `name-taken`, `not-for-keys`; `invalid-fields` if the service account or an app does not exist */
  create(operator: Operator, body: CreateTrustBody): Promise<ListedTrust>;
  /**
   * Changes fields of a trust. Its tokens stay as they were exchanged, but they are revoked if the trust gets another service account.
   * @throws ProblemError `trust-not-found`, `invalid-fields`, `not-for-keys`, `changed-meanwhile`
   */
  edit(
    operator: Operator,
    id: string,
    body: EditTrustBody,
    precondition?: Precondition<ListedTrust>,
  ): Promise<ListedTrust>;
  /** Deletes a trust and revokes its tokens. @throws ProblemError `trust-not-found` */
  delete(operator: Operator, id: string, precondition?: Precondition<ListedTrust>): Promise<void>;
  /** @throws ProblemError `trust-not-found`, also for a trust that the member may not read */
  get(operator: Operator, id: string): Promise<ListedTrust>;
  /** Returns trusts, newest first. Superusers and auditors get all, and other members those of the service accounts that they maintain. */
  list(operator: Operator, query: Page & { name?: string }): Promise<ListedTrust[]>;
  /** Returns all trusts of a service account, oldest first. @throws ProblemError `superuser-required` for members who may not read them */
  ofServiceAccount(operator: Operator, id: string): Promise<ListedTrust[]>;
  /** Returns the names of the apps that the rules of these trusts mention. */
  appNames(trusts: ReadonlyArray<Pick<TrustRecord, 'rules'>>): Promise<AppNames>;
}

export function createTrusts(deps: TrustDeps): Trusts {
  const { store, clock, newId, auditTrail, notifier } = deps;

  /** Runs a change of a trust that this transaction holds. `body` may name another service account. */
  async function change<T>(
    operator: Operator,
    id: string,
    body: Pick<EditTrustBody, 'service_account'>,
    work: (store: Store, trust: ListedTrust, account: UserRecord | null) => Promise<T>,
  ): Promise<T> {
    requireScope(operator, 'trusts');
    const found = await store.trusts.findById(id);
    if (found === null) throw noSuchTrust();
    const next = body.service_account === undefined ? null : await findAccount(store, body.service_account);
    const changed = await store.transaction(async (store) => {
      // Lock the account before the trust, in the order of an exchange and of a deletion of the account.
      await requireStillAllowed(store, operator, 'trusts', next?.id ?? found.serviceAccountId);
      const account = body.service_account === undefined ? null : await findAccount(store, body.service_account);
      const trust = await store.trusts.lock(id);
      if (trust === null) throw noSuchTrust();
      return work(store, trust, account);
    });
    notifier.wake();
    return changed;
  }

  return {
    async create(operator, body) {
      requireScope(operator, 'trusts');
      requireMayTrust(operator, body.issuer);
      requireUsableRules(body);
      const { id } = await findAccount(store, body.service_account);
      const at = clock.now();
      const { name, ttl = limits.defaultTrustTtlSeconds, audience = null } = body;
      const fields = { issuer: body.issuer, audience, claims: claimsText(body.claims), ttlSeconds: ttl };
      const fresh = { id: newId(), name, ...fields, mayBeInternal: !isKey(operator), createdAt: at, changedAt: at };
      const created = await store.transaction(async (store) => {
        await requireStillAllowed(store, operator, 'trusts', id);
        const account = await findAccount(store, body.service_account);
        const { rules } = await editedRules(store, null, body);
        const trust: TrustRecord = { ...fresh, serviceAccountId: account.id, rules };
        if (!(await store.trusts.insert(trust))) throw trustNameTaken();
        const listed = { ...trust, serviceAccount: account.name };
        await auditTrail.trust(store, { ...eventOf(operator, at), action: 'trust.created', trust: listed });
        await tellOfTrust(deps, store, { ...eventOf(operator, at), stage: 'created', trust: listed });
        return listed;
      });
      notifier.wake();
      return created;
    },

    async edit(operator, id, body, precondition = noPrecondition) {
      requireUsableRules(body);
      return change(operator, id, body, async (store, before, account) => {
        precondition(before);
        requireMayTrust(operator, before.issuer);
        requireMayTrust(operator, body.issuer ?? before.issuer);
        const at = clock.now();
        // A restore prefers the later of two states, so that the time of a change never goes back with the clock.
        const changedAt = Math.max(at, before.changedAt + 1);
        const { rules } = await editedRules(store, before.rules, body);
        const isNewIssuer = body.issuer !== undefined && body.issuer !== before.issuer;
        const edit = {
          ...{ ...storedFields(body), rules, changedAt, mayBeInternal: mayBeInternal(operator, before, body) },
          ...(account && { serviceAccountId: account.id }),
        };
        const trust = { ...before, ...edit, ...(account && { serviceAccount: account.name }) };
        const names = await findAppNames(store, [before, trust]);
        const changes = changesBetween(auditedFields(before, names), auditedFields(trust, names));
        if (changes.length === 0) return before;
        await store.trusts.edit(id, edit);
        // The pinned IDs mean something else at another issuer.
        if (isNewIssuer) await store.trusts.forgetPins(id);
        await auditTrail.trust(store, { ...eventOf(operator, at), action: 'trust.changed', trust, changes });
        await tellOfTrust(deps, store, { ...eventOf(operator, at), stage: 'changed', trust, before, changes });
        if (trust.serviceAccountId !== before.serviceAccountId) {
          await revokeTokensOf(deps, store, trust, eventOf(operator, at));
        }
        return trust;
      });
    },

    delete: (operator, id, precondition = noPrecondition) =>
      change(operator, id, {}, async (store, trust) => {
        precondition(trust);
        const event = eventOf(operator, clock.now());
        await deleteTrust(deps, store, trust, event);
        await tellOfTrust(deps, store, { ...event, stage: 'deleted', trust });
      }),

    async get(operator, id) {
      if (isKey(operator)) requireScope(operator, 'trusts');
      const trust = await store.trusts.findById(id);
      if (trust === null || !(await seesTrustsOf(store, operator, trust.serviceAccountId))) throw noSuchTrust();
      return trust;
    },

    async list(operator, query) {
      if (isKey(operator)) requireScope(operator, 'trusts');
      const readsAll = readsEverything(operator);
      return store.trusts.list({ ...query, ...(!readsAll && { maintainerId: operator.user.id }) });
    },

    async ofServiceAccount(operator, id) {
      if (isKey(operator) || !(await seesTrustsOf(store, operator, id))) requireScope(operator, 'trusts');
      return store.trusts.ofServiceAccount(id);
    },

    appNames: (trusts) => findAppNames(store, trusts),
  };
}

type TrustEvent = Omit<Parameters<AuditTrail['trust']>[1], 'action' | 'trust' | 'changes'>;

/**
 * Deletes all trusts of a service account, with their tokens and audit events, but sends no mail. Call it in the transaction that deletes the account,
 * after the account is locked.
 */
export async function deleteTrustsOf(
  deps: Pick<TrustDeps, 'auditTrail'>,
  store: Store,
  serviceAccountId: string,
  event: TrustEvent,
): Promise<void> {
  for (const trust of await store.trusts.ofServiceAccount(serviceAccountId)) {
    const locked = await store.trusts.lock(trust.id);
    if (locked !== null) await deleteTrust(deps, store, locked, event);
  }
}

async function deleteTrust(
  deps: Pick<TrustDeps, 'auditTrail'>,
  store: Store,
  trust: ListedTrust,
  event: TrustEvent,
): Promise<void> {
  await revokeTokensOf(deps, store, trust, event);
  await store.trusts.delete(trust.id);
  await deps.auditTrail.trust(store, { ...event, action: 'trust.deleted', trust });
}

/** Reports whether the operator sees the trusts of a service account. */
async function seesTrustsOf(store: Store, operator: Operator, id: string): Promise<boolean> {
  return readsEverything(operator) || (await maintains(store, operator, id));
}

/** Revokes all tokens that were exchanged under a trust. Sends no mail: nobody keeps these tokens. */
async function revokeTokensOf(
  { auditTrail }: Pick<TrustDeps, 'auditTrail'>,
  store: Store,
  { id }: Pick<TrustRecord, 'id'>,
  event: TrustEvent,
): Promise<void> {
  const tokens = await store.tokens.destroyAllOfTrust(id, event.at, event.actor);
  for (const token of tokens) await auditTrail.tokenRevoked(store, { ...event, token });
}

function eventOf(operator: Operator, at: number): TrustEvent {
  return { at, actor: operatorActor(operator), clientInfo: operator.clientInfo };
}

/**
 * Requires a superuser for an issuer on this machine or at an internal address. A key could otherwise make the daemon send requests to
 * services that are reachable only from there. Where a name or a `jwks_uri` leads is checked when the keys are fetched: see `mayBeInternal`.
 * @throws ProblemError `not-for-keys`
 */
function requireMayTrust(operator: Operator, issuer: string): void {
  if (!isKey(operator)) return;
  const kind = hostKind(new URL(issuer).hostname);
  if (kind === 'loopback' || kind === 'internal') throw notForKeys('The issuer is at an internal address.');
}

/** @throws ProblemError `invalid-fields` */
async function findAccount(store: Store, name: string): Promise<UserRecord> {
  const account = await store.serviceAccounts.findByName(name);
  if (account === null) throw noSuchAccount(name);
  return account;
}
