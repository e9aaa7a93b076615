import { limits } from '../../../../shared/limits.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import type { OffboardUserBody } from '../../../../shared/schemas/accounts/offboarding.ts';
import { hasScope } from '../../../../shared/scopes.ts';
import type { Actor, TokenRecord, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import {
  type ClientInfo,
  isKey,
  notForKeys,
  type Operator,
  operatorActor,
  requireScope,
  requireStillAllowed,
} from '../../caller.ts';
import type { TransferredToken } from '../../notifications/service-accounts/transferred-mails.ts';
import { endAllSessions } from '../../sign-in/end-sessions.ts';
import type { TokenDeps } from '../../tokens/create.ts';
import { workingPreviousValue } from '../../tokens/status.ts';
import { giveTokenUnderFreeName, lockNewOwner } from '../../tokens/transfer/give-token.ts';
import { requireMayChange, requireNoOwnMaintainer } from '../for-keys.ts';
import { lastSuperuser, noSuchMember } from '../problems.ts';
import { findServiceAccountToChange } from '../service-accounts/find.ts';
import { accountsToLock, tellOfOrphans } from '../service-accounts/orphaned.ts';
import { allKnownTokens, newestKnownTokens, rotatorsOf } from './known-tokens.ts';
import { isTransferred } from './transferred-tokens.ts';

/** What an offboarding did with the tokens of the member, and what it left to others. */
export interface Offboarded {
  /** How many tokens of the member were transferred. */
  transferred: number;
  /** How many tokens of the member were revoked. */
  revoked: number;
  /** Tokens that service accounts had before, and whose values the member knows: at most 100. Null if the operator may not read them. */
  known: TokenRecord[] | null;
}

/** What an offboarding would do to the tokens of a member now. */
export interface OffboardingPlan {
  transferred: TokenRecord[];
  revoked: TokenRecord[];
  /** Tokens of service accounts whose values the member knows: at most 100. */
  known: TokenRecord[];
  /** The service accounts that no enabled member maintains afterwards. */
  orphaned: UserRecord[];
}

/** An offboarding disables the account of a member who leaves. Others can go on using the tokens that a service account receives. */
export interface Offboarding {
  /**
   * Disables the account of a member and revokes their tokens, all in one transaction. With `transfer_to`, a service account first receives
   * those that work and were used in the last 30 days, each until the end of the grace or its next rotation.
   * @throws ProblemError `superuser-required`, `user-not-found`, `own-account`, `last-superuser`, `service-account-not-found`,
   * `service-account-disabled`, `token-limit`; for a management key, `scope-missing`, and `not-for-keys` for a superuser, for its own service
   * account and for a maintainer of that
   */
  offboard(operator: Operator, userId: string, body: OffboardUserBody): Promise<Offboarded>;
  /** Returns what `offboard` with `transfer_to` would do. @throws ProblemError `superuser-required`, `scope-missing`, `user-not-found` */
  plan(operator: Operator, userId: string): Promise<OffboardingPlan>;
}

type OffboardingDeps = Pick<TokenDeps, 'store' | 'clock' | 'auditTrail' | 'notifier' | 'policy' | 'statusContext'>;

interface Event {
  at: number;
  actor: Actor;
  clientInfo: ClientInfo;
}

interface NewOwner {
  id: string;
  /** How long the tokens work there, in seconds. */
  grace: number;
}

interface Transfer {
  newOwner: UserRecord;
  given: TransferredToken[];
}

export function createOffboarding(deps: OffboardingDeps): Offboarding {
  const { store, clock, auditTrail, notifier, statusContext } = deps;

  /** Gives the tokens in use to the service account. Returns them as they are after that. */
  async function transferTokens(store: Store, user: UserRecord, to: NewOwner, event: Event): Promise<Transfer> {
    const newOwner = await lockNewOwner(store, to.id);
    const given: TransferredToken[] = [];
    for (const token of await store.tokens.lockAllOf(user.id)) {
      if (!isTransferred(token, statusContext())) continue;
      if (workingPreviousValue(token, event.at) !== null && (await store.tokens.endPrevious(token.id, event.at))) {
        await auditTrail.previousValueEnded(store, { ...event, token });
      }
      const gift = { ...event, newOwner, latest: event.at + to.grace * 1000 };
      given.push({ ...(await giveTokenUnderFreeName(deps, store, token, gift)), formerName: token.name });
    }
    return { newOwner, given };
  }

  /** Disables the account and revokes its tokens. Returns the revoked tokens. @throws ProblemError `last-superuser` */
  async function endAccount(store: Store, user: UserRecord, event: Event): Promise<TokenRecord[]> {
    const disabled = await store.users.setDisabled(user.id, true);
    if (disabled === 'last-superuser') throw lastSuperuser();
    if (disabled) {
      await store.users.setDates(user.id, { disabledAt: event.at });
      await auditTrail.user(store, 'user.disabled', { ...event, user });
    }
    await endAllSessions(store, user.id);
    const revoked = await store.tokens.destroyAllOf(user.id, event.at, event.actor);
    for (const token of revoked) await auditTrail.tokenRevoked(store, { ...event, token });
    return revoked;
  }

  /** Mails those who can rotate the tokens whose values the leaver knows. */
  async function tellOfKnown(store: Store, user: UserRecord, known: readonly TokenRecord[], event: Event) {
    for (const rotator of await rotatorsOf(store, known))
      await notifier.tokensKnown(store, { ...event, ...rotator, leaver: user });
  }

  return {
    async offboard(operator, userId, { transfer_to: name, grace = limits.defaultGraceSeconds }) {
      requireScope(operator, 'users:write');
      if (userId === operator.user.id) throw ownAccount();
      const to = name === undefined ? null : { grace, ...(await findNewOwner(store, operator, name)) };
      const { clientInfo, channel } = operator;
      const offboarded = await store.transaction(async (store) => {
        const user = await lockMember(store, operator, userId, to?.id);
        const event = { at: clock.now(), actor: operatorActor(operator), clientInfo };
        // Read these before the transfer. The mail about the transfer lists the transferred tokens.
        const known = await allKnownTokens(store, userId, statusContext());
        const transfer = to && (await transferTokens(store, user, to, event));
        const orphaned = await store.serviceAccounts.onlyMaintainedBy(userId);
        const revoked = await endAccount(store, user, event);
        await tellOfOrphans(deps, store, { ...event, accounts: orphaned, reason: 'disabled' });
        const mail = { ...event, channel };
        // After the account is disabled, so that a leaver who maintains the service account does not count as its maintainer.
        if (transfer && transfer.given.length > 0) {
          const { newOwner, given: tokens } = transfer;
          await notifier.tokensTransferred(store, { ...mail, from: user, newOwner, tokens, offboarding: true });
        }
        if (revoked.length > 0) await notifier.tokensRevoked(store, { ...mail, owner: user, tokens: revoked });
        await tellOfKnown(store, user, known, event);
        const mayRead = !isKey(operator) || hasScope(operator.scopes, 'tokens:read');
        return {
          transferred: transfer?.given.length ?? 0,
          revoked: revoked.length,
          known: mayRead ? known.slice(0, limits.maxKnownTokens) : null,
        };
      });
      notifier.wake();
      return offboarded;
    },

    async plan(operator, userId) {
      requireScope(operator, 'users:read');
      if ((await store.users.findById(userId)) === null) throw noSuchMember();
      const tokens = await store.tokens.allOf(userId);
      const isIn = (token: TokenRecord) => isTransferred(token, statusContext());
      const known = await newestKnownTokens(store, userId, statusContext());
      const orphaned = await store.serviceAccounts.onlyMaintainedBy(userId);
      return { transferred: tokens.filter(isIn), revoked: tokens.filter((token) => !isIn(token)), known, orphaned };
    },
  };
}

/** @throws ProblemError `service-account-not-found`, `scope-missing`, `not-for-keys` */
async function findNewOwner(store: Store, operator: Operator, name: string): Promise<Pick<NewOwner, 'id'>> {
  const account = await findServiceAccountToChange(store, operator, 'tokens:write', { name });
  if (isKey(operator) && account.id === operator.user.id) {
    throw notForKeys('A management key cannot transfer tokens to its own service account.');
  }
  return { id: account.id };
}

/** Checks again that the operator may offboard the member, whom it locks and returns. Locks the service account `toId`, too, and those that the member maintains. */
async function lockMember(store: Store, operator: Operator, userId: string, toId?: string): Promise<UserRecord> {
  const besides = [...(await accountsToLock(store, userId)), ...(toId === undefined ? [] : [toId])];
  await requireStillAllowed(store, operator, 'users:write', userId, ...besides);
  if (isKey(operator) && toId !== undefined) await requireStillAllowed(store, operator, 'tokens:write');
  const user = await store.users.findById(userId);
  if (user === null) throw noSuchMember();
  requireMayChange(operator, user);
  await requireNoOwnMaintainer(store, operator, userId);
  return user;
}

function ownAccount(): ProblemError {
  return new ProblemError('own-account', 'You cannot offboard yourself. Ask another Organization Superuser to do it.');
}
