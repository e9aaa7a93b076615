import { unescape as decoded } from 'node:querystring';
import { createTransport } from 'nodemailer';
import { type Mailer, RecipientRefused } from './mailer.ts';
import { toMessage } from './message.ts';

/** Milliseconds. The last one bounds a server that answers a byte at a time. */
const usualTimeouts = { connection: 10_000, greeting: 10_000, silence: 30_000, whole: 60_000 };

/**
 * Sends to an `smtp://` or `smtps://` URL with optional credentials; `smtp://` uses STARTTLS if the server offers it,
 * and with `?requireTLS=true` sends nothing without.
 * One connection a message.
 */
export function createSmtpMailer({
  url,
  from,
  timeouts = usualTimeouts,
}: {
  url: string;
  from: string;
  timeouts?: typeof usualTimeouts;
}): Mailer {
  const sending = new Set<AbortController>();
  const transport = createTransport({
    url,
    connectionTimeout: timeouts.connection,
    greetingTimeout: timeouts.greeting,
    socketTimeout: timeouts.silence,
  });

  return {
    async send(mail) {
      // A timer of our own: the signals of `AbortSignal.timeout` and `any` can be collected before they fire.
      const sender = new AbortController();
      const timer = setTimeout(() => sender.abort(), timeouts.whole);
      sending.add(sender);
      try {
        await transport.sendMail({ ...toMessage(mail, from), signal: sender.signal });
      } catch (error) {
        const why = withoutPassword(describe(error), new URL(url));
        throw refusesRecipient(error) ? new RecipientRefused(why) : new Error(why);
      } finally {
        clearTimeout(timer);
        sending.delete(sender);
      }
    },
    async close() {
      for (const sender of sending) sender.abort();
      transport.close();
    },
  };
}

/** What is wrong with the recipient (RFC 5321 §4.2.2, RFC 7504). */
const refusals = [550, 551, 553, 556];
/**
 * RFC 3463 §3.8, §3.3: a policy against us, such as a lost right to relay or a block list, and a mailbox that is full. Many
 * servers say it only now, and it passes.
 */
const passes = /^\d{3}[ -]5\.(?:7\.\d+|2\.2)\b|\brelay/i;

function refusesRecipient(error: unknown): boolean {
  const { command, responseCode, response } = error as {
    command?: unknown;
    responseCode?: unknown;
    response?: unknown;
  };
  return command === 'RCPT TO' && refusals.includes(Number(responseCode)) && !passes.test(String(response));
}

/** What went wrong, for the log: a server may repeat the credentials when it refuses them, so its words are left out then. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'sending failed';
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  return code === 'EAUTH' ? `the mail server refused the credentials (${responseCode ?? 'no code'})` : error.message;
}

/** A server may repeat the password in a later answer, too. */
function withoutPassword(text: string, { password }: URL): string {
  return [password, decoded(password)].reduce((rest, one) => (one === '' ? rest : rest.replaceAll(one, '***')), text);
}
