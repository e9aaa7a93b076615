import { randomUUID } from 'node:crypto';
import { foldName } from '../../shared/names.ts';
import type { AuditTrail } from '../domain/audit.ts';
import { systemActor } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import { type Mailer, RecipientRefused } from '../mail/mailer.ts';
import type { Log } from '../observability/log.ts';
import type { MailRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Job } from './runner.ts';

interface SendMailDeps {
  store: Store;
  auditTrail: AuditTrail;
  mailer: Mailer;
  clock: Clock;
  log: Log;
}

/** The name to wake when something was put into the outbox. */
export const sendMailJob = 'send-mail';

const second = 1000;
const hour = 60 * 60 * second;

/** Much longer than a mailer takes, so that nobody else takes a message that is still being sent. */
const leaseMs = 5 * 60 * second;
const firstRetryMs = 15 * second;
const longestRetryMs = hour;
/**
 * A message is given up when it is this old, and even then only after enough attempts to have reached hourly ones; at once
 * if its recipient is refused for good.
 */
const triedForMs = 72 * hour;
const attemptsAtLeast = 10;

const messagesPerRun = 100;

/** Empties the outbox with `workers` jobs. Each holds one message at a time, so a stuck one delays no other worker's. */
export function createSendMail(deps: SendMailDeps, workers = 4): Job[] {
  const underway = new Set<string>();
  return Array.from({ length: workers }, () => ({
    name: sendMailJob,
    everyMs: second,
    async run(signal: AbortSignal) {
      for (let sent = 0; sent < messagesPerRun && !signal.aborted; sent += 1) {
        if (!(await sendOne(deps, underway))) return;
      }
    },
  }));
}

/**
 * False if nothing is due. What this process has `underway` it does not take again, though a clock that was set forward says
 * that the lease has run out.
 */
async function sendOne(deps: SendMailDeps, underway: Set<string>): Promise<boolean> {
  const { clock } = deps;
  const { outbox } = deps.store;
  const leaseId = randomUUID();
  const [mail] = await outbox.claim({ now: clock.now(), leaseMs, leaseId, limit: 1, excludeIds: [...underway] });
  if (mail === undefined) return false;
  underway.add(mail.id);
  try {
    await send(deps, mail, leaseId);
  } finally {
    underway.delete(mail.id);
  }
  return true;
}

async function send(deps: SendMailDeps, mail: MailRecord, leaseId: string): Promise<void> {
  const { store, mailer, clock, log } = deps;
  try {
    await mailer.send(mail);
  } catch (cause) {
    return afterFailure(deps, mail, leaseId, cause);
  }
  await store.outbox.markSent(mail.id, leaseId, clock.now());
  log.debug({ mail: mail.id }, 'mail sent');
}

async function afterFailure(deps: SendMailDeps, mail: MailRecord, leaseId: string, cause: unknown): Promise<void> {
  const { store, clock, log } = deps;
  const now = clock.now();
  const error = reason(cause);
  const fields = { mail: mail.id, attempts: mail.attempts, error };
  const tired = now - mail.createdAt >= triedForMs && mail.attempts >= attemptsAtLeast;
  if (tired || cause instanceof RecipientRefused) {
    log.error(fields, 'mail given up: see `tokensd mail`');
    await giveUp(deps, mail, leaseId, error);
  } else {
    log.warn(fields, 'mail not sent, will be tried again');
    await store.outbox.retryLater(mail.id, leaseId, now + retryDelay(mail.attempts), error);
  }
}

async function giveUp({ store, clock, auditTrail }: SendMailDeps, mail: MailRecord, leaseId: string, error: string) {
  const at = clock.now();
  await store.transaction(async (store) => {
    if (!(await store.outbox.giveUp(mail.id, leaseId, at, error))) return;
    const owner = await store.users.findByEmail(foldName(mail.to));
    const clientInfo = { ip: null, userAgent: null };
    await auditTrail.mailGivenUp(store, { at, actor: systemActor, clientInfo, mail, owner });
  });
}

/** Servers answer what they like: one bounded line of it. */
function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 500);
}

/** 15 s after the first attempt, then twice as long each time, up to an hour. */
function retryDelay(attempts: number): number {
  return Math.min(firstRetryMs * 2 ** (attempts - 1), longestRetryMs);
}
