import type { MailContent } from './mail-content.ts';
import type { SiteInfo } from './member-mail.ts';
import { utc } from './member-mail.ts';

/** Writes the mail that `tokensd mail test` sends. */
export function testMail({ organization, publicUrl }: SiteInfo, at: number): MailContent {
  const prefix = organization === null ? '' : `[${organization}] `;
  return {
    subject: `${prefix}Test mail from tokensd`,
    greeting: 'Hello,',
    lead: 'This mail was sent with `tokensd mail test`. If you can read it, tokensd can send mail.',
    advice: { condition: 'No action is needed.', steps: [] },
    items: [],
    facts: [['Time', utc(at)]],
    serverUrl: publicUrl,
    footer: 'An administrator of the server sent this message.',
  };
}
