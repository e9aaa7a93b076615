import type { StatusContext, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { systemActor } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { IdlePolicy } from '../../tokens/idle.ts';
import type { Notifier } from '../notifier.ts';
import { forEachMember } from './for-each-member.ts';
import type { NoticedToken } from './notice-mails.ts';
import { idleNoticeMs, noticeOf, thresholdSpans } from './notice-rules.ts';

const dayMs = 24 * 60 * 60 * 1000;
const maxBatchSize = 500;

/** Bounds the memory for one mail. A member with more due notices gets more than one mail. */
const maxTokensPerMail = 5_000;

/** Batches of one pass over all tokens that one run reads. The next run continues. */
const maxIdleBatchesPerRun = 10;

interface TokenNoticesDeps {
  store: Store;
  clock: Clock;
  notifier: Notifier;
  idle: IdlePolicy;
  statusContext: () => StatusContext;
  /** The thresholds of notices, in milliseconds before the expiry. None: no notices about expiry. */
  thresholdsMs: readonly number[];
}

/** Notices to members about tokens that expire or become idle: at most one mail per member and UTC day. */
export interface TokenNotices {
  /** Finds the tokens that crossed a threshold and queues the mails, in bounded steps. Stops early once `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Creates the notices. A run takes two steps:
 *
 * 1. Mark the notices that are due, the tightest threshold first.
 * 2. Queue one mail to each member who has due notices and got no daily mail on this UTC day. Their other notices wait for the next day.
 *
 * The first step looks only at tokens that crossed a threshold since the previous run, on any node. The second one reads only tokens
 * with due notices.
 */
export function createTokenNotices({
  store,
  clock,
  notifier,
  idle,
  statusContext,
  thresholdsMs,
}: TokenNoticesDeps): TokenNotices {
  async function markExpiries(now: number, signal: AbortSignal): Promise<void> {
    if (thresholdsMs.length === 0) return;
    const limit = maxBatchSize;
    const steps = [
      () => store.notices.markExpired({ after: now - dayMs, until: now, limit }),
      ...thresholdSpans(thresholdsMs, now).map(
        ({ withinMs, after, until }) =>
          () =>
            store.notices.markExpiring(withinMs, { after, until, limit }),
      ),
    ];
    for (const step of steps) while (!signal.aborted && (await step()));
  }

  async function tidyIdle(now: number, signal: AbortSignal): Promise<void> {
    const bounds = idle.bounds(now, idleNoticeMs);
    if (bounds === null) return;
    for (let batch = 0; batch < maxIdleBatchesPerRun && !signal.aborted; batch += 1) {
      if (!(await store.notices.tidyIdle({ ...statusContext(), ...bounds, now, limit: maxBatchSize }, systemActor)))
        return;
    }
  }

  /** Returns at most `maxTokensPerMail` due notices of a member: all of them, and those that still apply. */
  async function readDue(store: Store, userId: string, now: number) {
    const due = await store.notices.due(userId, { now, limit: maxTokensPerMail });
    const notices = due.map((notice) => {
      const idleAt = idle.idleAt(notice.token.activeAt);
      return { ...notice, idleAt, notice: noticeOf(notice, { now, idleAt }) };
    });
    const listed = notices.filter((notice): notice is typeof notice & NoticedToken => notice.notice !== null);
    return { dueIds: due.map(({ token }) => token.id), listed };
  }

  /** Queues the mail of one member, unless another node did. */
  async function notifyMember(userId: string): Promise<void> {
    const now = clock.now();
    await store.transaction(async (store) => {
      // Lock the member before the tokens, in the order of every transaction.
      if (!(await store.owners.lockForNewToken(userId))) return;
      const owner = await store.owners.findById(userId);
      if (owner !== null) await notifyOwner(store, owner, now);
    });
  }

  async function notifyOwner(store: Store, owner: UserRecord, now: number): Promise<void> {
    let isClaimed = false;
    for (let full = true; full; ) {
      const { dueIds, listed } = await readDue(store, owner.id, now);
      full = dueIds.length === maxTokensPerMail;
      isClaimed ||= listed.length > 0 && (await store.notices.claimDay(owner.id, now));
      if (listed.length > 0 && !isClaimed) return;
      const idleIds = listed.filter(({ notice }) => notice === 'idle').map(({ token }) => token.id);
      await store.notices.settle(dueIds, idleIds, now);
      if (listed.length > 0) await notifier.tokensNeedAttention(store, { at: now, owner, tokens: listed });
    }
  }

  return {
    async run(signal) {
      await markExpiries(clock.now(), signal);
      await tidyIdle(clock.now(), signal);
      const next = (page: { after: string; limit: number }) => store.notices.membersToNotify(clock.now(), page);
      await forEachMember({ next, mail: notifyMember, wake: notifier.wake }, signal);
    },
  };
}
