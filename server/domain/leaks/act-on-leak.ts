import type {
  Actor,
  HashMatch,
  LeakRecord,
  NewLeak,
  StatusContext,
  TokenRecord,
  UserRecord,
} from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import type { ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import type { Place } from './found-at.ts';
import { isLive } from './live.ts';
import { type Reporter, reporterActor, requireStillReports } from './reporter.ts';

/** What happens to a token whose current value is reported as leaked. */
export type LeakAction = 'revoke' | 'pause' | 'notify';

export interface LeaksDeps {
  store: Store;
  clock: Clock;
  auditTrail: AuditTrail;
  notifier: Notifier;
  statusContext: () => StatusContext;
  leakAction: LeakAction;
}

const outcomeOf = { revoke: 'revoked', pause: 'paused', notify: 'notified' } as const;

const dayMs = 24 * 60 * 60 * 1000;
/** The mail lists the networks of this many days. */
const usageDays = 30;

/** A live value of a token. */
interface LeakedValue {
  hash: string;
  tokenId: string;
  /** Where it was found. At least one. */
  places: readonly Place[];
}

interface Act {
  at: number;
  actor: Actor;
  clientInfo: ClientInfo;
  token: TokenRecord;
}

/**
 * Creates the function that acts on one leaked value, in one transaction: it locks the token, stores the report, acts, and writes
 * the events and the mail. Returns what was done. Returns null if the value no longer works, or if the effect of an earlier
 * report still lasts. Each new place gets an event.
 */
export function createActOnLeak({ store, clock, auditTrail, notifier, statusContext, leakAction }: LeaksDeps) {
  function outcomeFor(match: Exclude<HashMatch, { kind: 'tombstone' }>): LeakRecord['outcome'] {
    // A canary never works. It must stay, so that it reports the next person who tries it.
    if (match.kind === 'canary') return 'canary';
    return match.validUntil === null ? outcomeOf[leakAction] : 'ended';
  }

  /** Stops a token or its previous value, which the transaction has locked. */
  async function stop(store: Store, outcome: LeakRecord['outcome'], event: Act): Promise<void> {
    const { at, actor, token } = event;
    switch (outcome) {
      case 'canary':
      case 'notified':
        return;
      case 'ended':
        await store.tokens.endPrevious(token.id, at);
        return auditTrail.previousValueEnded(store, event);
      case 'paused': {
        const pause = { at, until: null, reason: 'Its value was reported as leaked', actor, bySuperuser: true };
        await store.tokens.pause(token.id, pause);
        return auditTrail.tokenPaused(store, event);
      }
      case 'revoked':
        await store.tokens.destroy(token.id, at, actor);
        return auditTrail.tokenRevoked(store, event);
    }
  }

  /** Reads how the token was used. A revocation deletes that. */
  async function networksOf(store: Store, { id }: TokenRecord, at: number) {
    const { seen } = await store.usage.of(id, Math.floor(at / dayMs) - usageDays);
    return seen.filter(({ kind }) => kind === 'network').sort((a, b) => b.lastAt - a.lastAt);
  }

  async function actOnLocked(
    store: Store,
    reporter: Reporter,
    leak: LeakedValue,
    owner: UserRecord,
    token: TokenRecord,
  ) {
    // Reads the value again, because the token may have been rotated before it was locked.
    const [match] = await store.tokens.findByHashes([leak.hash]);
    if (!match || match.kind === 'tombstone' || !isLive(match, statusContext())) return null;
    const at = clock.now();
    const outcome = outcomeFor(match);
    const { hash, places } = leak;
    const { id: tokenId, name } = token;
    const { source, url } = places[0] ?? nowhere;
    const { prefix } = match.kind === 'canary' ? token : match;
    const stored: NewLeak = { hash, tokenId, ownerId: owner.id, prefix, name, source, url, outcome, at };
    const found = { places: places.map(({ digest }) => digest), isUndone: isUndone(outcome, token) };
    const { isActing, newPlaces } = await store.leaks.report(stored, found);
    const event: Act = { at, actor: reporterActor(reporter), clientInfo: reporter.clientInfo, token };
    for (const [index, { digest, source, url }] of places.entries()) {
      if (!newPlaces.includes(digest) && !(isActing && index === 0)) continue;
      const changes = Object.entries({ source, url, outcome }).map(([field, to]) => ({ field, from: null, to }));
      await auditTrail.tokenLeaked(store, { ...event, changes });
    }
    if (!isActing) return null;
    const use = { networks: await networksOf(store, token, at), last: lastUseOf(token, outcome) };
    await stop(store, outcome, event);
    await notifier.valueLeaked(store, { ...event, owner, leak: { prefix, source, url, outcome }, use });
    return outcome;
  }

  return (reporter: Reporter, leak: LeakedValue): Promise<LeakRecord['outcome'] | null> =>
    store.transaction(async (store) => {
      await requireStillReports(store, reporter);
      const token = await store.tokens.lock(leak.tokenId);
      const owner = token === null ? null : await store.owners.findById(token.ownerId);
      return token === null || owner === null ? null : actOnLocked(store, reporter, leak, owner, token);
    });
}

const nowhere = { source: null, url: null };

/**
 * Reports whether an earlier report that did the same to this token, whose value is live, was undone since. Superusers can resume a token
 * that a report paused.
 */
function isUndone(
  outcome: LeakRecord['outcome'],
  { pausedAt, pausedUntil, pausedBySuperuser }: Pick<TokenRecord, 'pausedAt' | 'pausedUntil' | 'pausedBySuperuser'>,
): boolean {
  if (outcome === 'paused') return pausedAt === null || pausedUntil !== null || !pausedBySuperuser;
  return outcome === 'ended' || outcome === 'revoked';
}

/** Returns the last use of the value that leaked. */
function lastUseOf({ lastUse, previous }: TokenRecord, outcome: LeakRecord['outcome']) {
  return outcome === 'ended' ? (previous?.lastUse ?? null) : lastUse;
}
