import { randomUUID } from 'node:crypto';
import { foldName } from '../../shared/names.ts';
import { redact } from '../../shared/redact.ts';
import type { AuditTrail } from '../domain/audit.ts';
import { systemActor } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import type { CompleteMail } from '../domain/sign-in/links/complete-mail.ts';
import { searchFor } from '../email-addresses.ts';
import { type Mailer, MailFailure } from '../mail/mailer.ts';
import type { Log } from '../observability/log.ts';
import { pseudonymOf } from '../pseudonym.ts';
import type { QueuedMail } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Job } from './runner.ts';

interface SendMailDeps {
  store: Store;
  auditTrail: AuditTrail;
  mailer: Mailer;
  completeMail: CompleteMail;
  clock: Clock;
  log: Log;
}

/** The name of the jobs to wake after a mail is enqueued. */
export const sendMailJob = 'send-mail';

const second = 1000;
const hour = 60 * 60 * second;

/** Several times as long as a mailer takes, so that no other daemon claims a mail that is still being sent. */
const leaseMs = 5 * 60 * second;
const firstRetryMs = 15 * second;
const maxRetryMs = hour;
/** Both must be reached before a mail is given up. Age alone would give up mail after the daemon was off for days. */
const minAgeMs = 72 * hour;
const minAttempts = 10;

const maxMailsPerRun = 100;

/**
 * Creates the jobs that send the mails in the outbox. Each worker sends one mail at a time, so a mail server that hangs
 * holds up one worker only. A mail passes these states:
 *
 * 1. Due: `claim` leases it to one worker and counts the attempt. Others skip it until the lease ends.
 * 2. Sent: the mailer accepted it and `markSent` records that.
 * 3. Failed: `retryLater` makes it due again after 15 s, 30 s, 1 min … 1 h.
 * 4. Given up (a dead letter): after 72 hours and ten attempts, or immediately if the server rejects the recipient permanently.
 *
 * Recipients take turns, one mail each, so that very many mails to one member delay no mail to another.
 *
 * A mail with a one-time link gets a new link on each attempt. It is withdrawn, and never sent, if the link would not work.
 *
 * Every step after the claim names the lease and does nothing if the lease has been taken over. After a crash between
 * sending and `markSent`, the mail is due again when the lease ends, and goes out twice with the same Message-ID.
 */
export function createSendMail(deps: SendMailDeps, workers = 4): Job[] {
  const progress: Progress = { mailIds: new Set(), recipient: '' };
  return Array.from({ length: workers }, () => ({
    name: sendMailJob,
    everyMs: second,
    async run(signal: AbortSignal) {
      for (let sent = 0; sent < maxMailsPerRun && !signal.aborted; sent += 1) {
        if (!(await sendNext(deps, progress))) return;
      }
    },
  }));
}

/** The state that the workers of one daemon share. */
interface Progress {
  /** The mails that are being sent. */
  mailIds: Set<string>;
  /** The recipient who was served last. Recipients take turns in their order, so the next one sorts after it. */
  recipient: string;
}

/** Sends the next mail that is due, and returns false if there is none. */
async function sendNext(deps: SendMailDeps, progress: Progress): Promise<boolean> {
  const leaseId = randomUUID();
  const mail = await claimNext(deps, progress, leaseId);
  if (mail === undefined) return false;
  progress.mailIds.add(mail.id);
  try {
    await send(deps, mail, leaseId);
  } finally {
    progress.mailIds.delete(mail.id);
  }
  return true;
}

/**
 * Leases the first mail that is due to the next recipient, or to the first recipient after the last one. Skips the mails that
 * this process is sending, because their leases seem to have ended when the clock is set forward.
 */
async function claimNext({ store, clock }: SendMailDeps, progress: Progress, leaseId: string) {
  const claim = async (afterRecipient: string) => {
    const lease = { now: clock.now(), leaseMs, leaseId, limit: 1, excludeIds: [...progress.mailIds] };
    const [mail] = await store.outbox.claim({ ...lease, afterRecipient });
    return mail;
  };
  const last = progress.recipient;
  const mail = (await claim(last)) ?? (last === '' ? undefined : await claim(''));
  progress.recipient = mail?.to ?? '';
  return mail;
}

async function send(deps: SendMailDeps, mail: QueuedMail, leaseId: string): Promise<void> {
  const { store, mailer, clock, log } = deps;
  try {
    const complete = await deps.completeMail(mail, leaseId);
    if (complete === null) return log.info({ mail: mail.id }, 'mail withdrawn, because its link would not work');
    await mailer.send(complete);
  } catch (cause) {
    return handleFailure(deps, mail, leaseId, cause);
  }
  await store.outbox.markSent(mail.id, leaseId, clock.now());
  log.debug({ mail: mail.id }, 'mail sent');
}

async function handleFailure(deps: SendMailDeps, mail: QueuedMail, leaseId: string, cause: unknown): Promise<void> {
  const { store, clock, log } = deps;
  const now = clock.now();
  const error = describeError(cause);
  const { kind, setting } = cause instanceof MailFailure ? cause : { kind: 'outage', setting: null };
  // The log names nobody by their email address, because an erasure does not reach it.
  const logged = searchFor([mail.to]).replace(error, '[recipient]');
  const fields = { mail: mail.id, attempts: mail.attempts, error: logged, ...(setting !== null && { setting }) };
  const exhausted = now - mail.createdAt >= minAgeMs && mail.attempts >= minAttempts;
  if (exhausted || kind === 'recipient') {
    log.error(fields, 'mail given up; see `tokensd mail list`');
    await giveUp(deps, mail, leaseId, error);
    return;
  }
  // Retry all the same, because a restart with the right setting sends the mail.
  if (kind === 'set-up') log.error(fields, 'mail not sent, because mail is set up wrongly; it will be retried');
  else log.warn(fields, 'mail not sent; it will be retried');
  await store.outbox.retryLater(mail.id, leaseId, now + retryDelay(mail.attempts), error);
}

/**
 * Turns the mail into a dead letter and writes its audit event, in one transaction. Deletes the last mail to a deleted member
 * instead, and audits it with their pseudonym, because nothing may keep their address.
 */
async function giveUp({ store, clock, auditTrail }: SendMailDeps, mail: QueuedMail, leaseId: string, error: string) {
  const at = clock.now();
  const event = { at, actor: systemActor, clientInfo: { ip: null, userAgent: null } };
  const { id, to, deletedUserId } = mail;
  await store.transaction(async (store) => {
    if (deletedUserId !== null) {
      if (!(await store.outbox.withdraw(id, leaseId))) return;
      const erased = { id, to: pseudonymOf(deletedUserId) };
      await auditTrail.mailGivenUp(store, { ...event, mail: erased, owner: { id: deletedUserId } });
    } else if (await store.outbox.giveUp(id, leaseId, at, error)) {
      const owner = await store.users.findByEmail(foldName(to));
      await auditTrail.mailGivenUp(store, { ...event, mail, owner });
    }
  });
}

/**
 * Returns the error message on one line of at most 500 characters, because mail servers can reply with anything. Redacts
 * secrets, because a spam filter may quote the link that it rejects.
 */
function describeError(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return redact(text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')).slice(0, 500);
}

/** Returns the delay in milliseconds: 15 s after the first attempt, doubled with each further one, up to one hour. */
function retryDelay(attempts: number): number {
  return Math.min(firstRetryMs * 2 ** (attempts - 1), maxRetryMs);
}
