import { ProblemError } from '../../../shared/problem.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { actorOf, type Caller, requireStillSuperuser, requireSuperuser } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';

/** How many test mails a superuser may send in ten minutes. */
const rateLimit = { name: 'test-mail', limit: 3, windowSeconds: 600 } as const;

export interface TestMails {
  /** Puts a mail to the superuser's own address into the outbox. @throws ProblemError `superuser-required`, `throttled` */
  send(caller: Caller): Promise<void>;
}

interface TestMailDeps {
  store: Store;
  clock: Clock;
  notifier: Notifier;
  auditTrail: AuditTrail;
}

export function createTestMails({ store, clock, notifier, auditTrail }: TestMailDeps): TestMails {
  const limiter = store.limiter(rateLimit);

  return {
    async send(caller) {
      requireSuperuser(caller);
      const { allowed, retryAfterMs } = await limiter.consume(caller.user.id);
      if (!allowed) throw tooManyMails(retryAfterMs);
      await store.transaction(async (store) => {
        await requireStillSuperuser(store, caller);
        const owner = await store.users.findById(caller.user.id);
        if (owner === null) return;
        const at = clock.now();
        await notifier.test(store, { at, owner });
        const { clientInfo } = caller;
        await auditTrail.user(store, 'mail.tested', { at, actor: actorOf(owner), clientInfo, user: owner });
      });
      notifier.wake();
    },
  };
}

function tooManyMails(waitMs: number): ProblemError {
  const minutes = Math.ceil(waitMs / 60_000);
  const detail = `You sent ${rateLimit.limit} test mails in a short time. Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`}, then try again.`;
  return new ProblemError('throttled', detail, { retryAfter: Math.ceil(waitMs / 1000) });
}
