import { unescape as decoded } from 'node:querystring';
import { createTransport } from 'nodemailer';
import { type Mailer, RecipientRejected } from './mailer.ts';
import { toMessage } from './message.ts';

/** Milliseconds. `total` limits a whole send, because a server that replies byte by byte never reaches `idle`. */
const defaultTimeouts = { connection: 10_000, greeting: 10_000, idle: 30_000, total: 60_000 };

/**
 * Creates a mailer for an `smtp://` or `smtps://` URL with optional credentials. `smtp://` uses STARTTLS if the server
 * offers it, and requires it with `?requireTLS=true`. Opens one connection per message.
 */
export function createSmtpMailer({
  url,
  from,
  timeouts = defaultTimeouts,
}: {
  url: string;
  from: string;
  timeouts?: typeof defaultTimeouts;
}): Mailer {
  const inProgress = new Set<AbortController>();
  const transport = createTransport({
    url,
    connectionTimeout: timeouts.connection,
    greetingTimeout: timeouts.greeting,
    socketTimeout: timeouts.idle,
  });

  return {
    async send(mail) {
      // Not AbortSignal.timeout or AbortSignal.any: their signals can be garbage-collected before they fire.
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), timeouts.total);
      inProgress.add(controller);
      try {
        await transport.sendMail({ ...toMessage(mail, from), signal: controller.signal });
      } catch (error) {
        const message = withoutPassword(describeError(error), new URL(url));
        throw rejectsRecipient(error) ? new RecipientRejected(message) : new Error(message);
      } finally {
        clearTimeout(timer);
        inProgress.delete(controller);
      }
    },
    async close() {
      for (const controller of inProgress) controller.abort();
      transport.close();
    },
  };
}

/** Replies to RCPT TO about the mailbox itself (RFC 5321 §4.2.2, RFC 7504). */
const mailboxRejections = [550, 551, 553, 556];
/**
 * Rejections that can pass although their reply code is permanent (RFC 3463 §3.8, §3.3): a policy against this sender, such
 * as a block list or a lost right to relay, and a full mailbox.
 */
const temporaryRejection = /^\d{3}[ -]5\.(?:7\.\d+|2\.2)\b|\brelay/i;

function rejectsRecipient(error: unknown): boolean {
  const { command, responseCode, response } = error as {
    command?: unknown;
    responseCode?: unknown;
    response?: unknown;
  };
  return (
    command === 'RCPT TO' &&
    mailboxRejections.includes(Number(responseCode)) &&
    !temporaryRejection.test(String(response))
  );
}

/** Returns the message for the log, without the server's reply to a failed login, because it may repeat the credentials. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'sending failed';
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  return code === 'EAUTH'
    ? `the mail server rejected the credentials (${responseCode ?? 'no reply code'})`
    : error.message;
}

/** Replaces the password in the text, because a server may repeat it in any reply. */
function withoutPassword(text: string, { password }: URL): string {
  return [password, decoded(password)].reduce(
    (rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, '***')),
    text,
  );
}
