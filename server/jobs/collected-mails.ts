import type { ShortLivedMails } from '../domain/notifications/digest/send-short-lived.ts';
import type { TokenNotices } from '../domain/notifications/digest/token-notices.ts';
import type { Job } from './runner.ts';

/** Creates the job that queues the daily mails about tokens that expire or become idle. */
export function createNoticeJob(tokenNotices: TokenNotices): Job {
  return { name: 'token-notices', everyMs: 60_000, run: (signal) => tokenNotices.run(signal) };
}

/** Creates the job that queues the common mails about short-lived tokens. */
export function createShortLivedJob(shortLivedMails: ShortLivedMails): Job {
  return { name: 'short-lived-mails', everyMs: 10_000, run: (signal) => shortLivedMails.run(signal) };
}

/** Creates the job that queues the hourly mail to superusers about values that leaked. */
export function createLeakDigestJob(tellOfLeaks: () => Promise<number>): Job {
  return { name: 'leak-digest', everyMs: 10_000, run: () => tellOfLeaks().then(() => {}) };
}
