import { createTransport } from 'nodemailer';
import type { Sender } from '../config/mail-identity.ts';
import type { Mailer } from './mailer.ts';
import { toMessage } from './message.ts';
import { toMailFailure } from './smtp-failure.ts';
import { connectionOptions, defaultTimeouts, type SmtpTimeouts, smtpSettings } from './smtp-options.ts';

interface SmtpMailerOptions {
  /** `smtp://` or `smtps://`, as `TOKENSD_SMTP_URL`. */
  url: string;
  from: Sender;
  /** The name for EHLO; null: that of the machine. */
  name?: string | null;
  timeouts?: SmtpTimeouts;
}

/**
 * Creates a mailer for a mail server. `smtp://` uses STARTTLS if the server offers it, and requires it with
 * `?requireTLS=true`. Opens one connection per message.
 */
export function createSmtpMailer({ url, from, name = null, timeouts = defaultTimeouts }: SmtpMailerOptions): Mailer {
  const settings = smtpSettings(url, name);
  const inProgress = new Set<AbortController>();
  const { auth, authMethod } = settings;
  const transport = createTransport({
    ...connectionOptions(settings, timeouts),
    ...(auth !== null && { auth }),
    ...(authMethod !== null && { authMethod }),
  });

  return {
    async send(mail) {
      // Not AbortSignal.timeout or AbortSignal.any: their signals can be garbage-collected before they fire.
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), timeouts.total);
      inProgress.add(controller);
      try {
        const { response } = await transport.sendMail({ ...toMessage(mail, from), signal: controller.signal });
        return response;
      } catch (error) {
        throw toMailFailure(error, settings);
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
