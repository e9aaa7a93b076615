import type { MailContent } from './mail-content.ts';
import { type SiteInfo, utc, withPrefix } from './member-mail.ts';

/** Writes the mail that `tokensd mail test` sends. */
export function testMail(site: SiteInfo, at: number): MailContent {
  const lead = 'This mail was sent with `tokensd mail test`. If you can read it, tokensd can send mail.';
  return {
    subject: withPrefix(site, 'Test mail from tokensd'),
    preview: lead,
    greeting: 'Hello,',
    lead,
    button: { label: 'Open the console', url: site.publicUrl },
    items: [],
    lists: [],
    facts: [['Time', utc(at)]],
    advice: [],
    serverUrl: site.publicUrl,
    footer: 'An administrator of this server sent this message.',
  };
}
