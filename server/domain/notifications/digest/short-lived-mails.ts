import { changePassword, contactSuperuser, reviewTokens, unlessYou } from '../advice.ts';
import { type MailContent, type MailText, mailText } from '../mail-content.ts';
import { type MailEvent, mailToMember, type SiteInfo, utc } from '../member-mail.ts';

/** A creation or revocation of a short-lived token, as the database keeps it until its mail. */
export interface ShortLivedEvent {
  kind: 'created' | 'revoked';
  at: number;
  name: string;
  prefix: string;
  ip: string | null;
  userAgent: string | null;
  method: string;
  /** Who revoked the token. */
  by?: MailText;
}

export interface ShortLivedDigest extends MailEvent {
  /** At least one, oldest first. */
  events: readonly ShortLivedEvent[];
}

const footer = 'This is an automatic message about your personal API tokens. It never contains the value of a token.';

/** Writes the common mail about tokens with a lifetime of at most a day that were created and revoked in one span of time. */
export function shortLivedDigestMail(site: SiteInfo, event: ShortLivedDigest): MailContent {
  const { owner, events } = event;
  const counts = countEvents(events);
  return mailToMember(site, event, {
    subject: counts,
    preview: `Your account ${owner.email}. If this wasn't you, revoke the tokens that you do not recognize.`,
    lead: `${counts} for your account ${owner.email}. Each lives for at most a day, so one message names them all.`,
    button: { label: 'View your API tokens', url: `${site.publicUrl}/profile/api-tokens` },
    lists: listEvents(events),
    advice: unlessYou([reviewTokens(site), changePassword(site), contactSuperuser(site)]),
    footer,
  });
}

/** Returns a phrase such as `58 short-lived API tokens were created and 2 revoked`. */
function countEvents(events: readonly ShortLivedEvent[]): string {
  const created = events.filter(({ kind }) => kind === 'created').length;
  const revoked = events.length - created;
  const phrase = (count: number, verb: string) =>
    `${count} short-lived API ${count === 1 ? 'token was' : 'tokens were'} ${verb}`;
  if (created === 0) return phrase(revoked, 'revoked');
  return `${phrase(created, 'created')}${revoked === 0 ? '' : ` and ${revoked} revoked`}`;
}

/** Groups events that differ only in token and time, because a script makes all of its requests in the same way. */
function listEvents(events: readonly ShortLivedEvent[]): MailContent['lists'] {
  const groups = new Map<string, { heading: MailText; lines: MailText[] }>();
  for (const event of events) {
    const { kind, by, method, ip, userAgent, name, prefix, at } = event;
    const key = JSON.stringify([kind, by, method, ip, userAgent]);
    const group = groups.get(key) ?? { heading: headingOf(event), lines: [] };
    group.lines.push(mailText`${name}`.concat(`, ${prefix}, ${utc(at)}`));
    groups.set(key, group);
  }
  return [...groups.values()];
}

function headingOf({ kind, by, method, ip, userAgent }: ShortLivedEvent): MailText {
  return [
    kind === 'created' ? 'Created' : 'Revoked',
    ...(by === undefined ? [] : [' by ', ...(typeof by === 'string' ? [by] : by)]),
    ` with the ${method}, from ${ip ?? 'an unknown IP address'}, `,
    ...(userAgent === null ? ['unknown user agent'] : mailText`user agent ${userAgent}`),
  ];
}
