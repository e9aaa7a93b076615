import type { MailContent } from './mail-content.ts';
import { type SiteInfo, utc, withPrefix } from './member-mail.ts';

/** Writes the mail that `tokensd mail test` sends. */
export function testMail(site: SiteInfo, at: number): MailContent {
  return contentOf(site, at, {
    lead: 'This mail was sent with `tokensd mail test`. If you can read it, tokensd can send mail.',
    footer: 'The operator of this server sent this message.',
  });
}

/** Writes the mail that a superuser sends to themselves from the console. */
export function ownTestMail(site: SiteInfo, at: number): MailContent {
  return contentOf(site, at, {
    lead: 'You sent this mail to yourself from the settings page. If you can read it, tokensd can send mail.',
    footer: 'You get this message because you asked for it.',
  });
}

function contentOf(site: SiteInfo, at: number, { lead, footer }: { lead: string; footer: string }): MailContent {
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
    footer,
  };
}
