import { contactSuperuser, lockOut, unlessExpected, unlessYou, viewToken } from '../advice.ts';
import { type MailContent, type MailText, mailText } from '../mail-content.ts';
import { type MailEvent, mailToMember, type SiteInfo, utc } from '../member-mail.ts';
import {
  accountOf,
  contactSomeone,
  footerOf,
  isOfServiceAccount,
  reviewTokensOf,
  tokenListOf,
} from '../service-accounts/wording.ts';

/** A creation or revocation of a short-lived token, as the database keeps it until its mail. */
export interface ShortLivedEvent {
  kind: 'created' | 'revoked';
  at: number;
  /** The ID of the token. Absent in rows of a release that did not store it. */
  tokenId?: string;
  name: string;
  prefix: string;
  ip: string | null;
  userAgent: string | null;
  method: string;
  /** Who revoked the token, or created that of a service account. */
  by?: MailText;
}

export interface ShortLivedDigest extends MailEvent {
  /** At least one, oldest first. */
  events: readonly ShortLivedEvent[];
}

/** Writes the common mail about tokens with a lifetime of at most a day that were created and revoked in one span of time. */
export function shortLivedDigestMail(site: SiteInfo, event: ShortLivedDigest): MailContent {
  const { events } = event;
  const review = reviewTokensOf(event, site);
  const counts = countEvents(events);
  return mailToMember(site, event, {
    subject: counts,
    preview: isOfServiceAccount(event)
      ? `For ${accountOf(event)}. If you didn't expect this, revoke the tokens that nobody needs.`
      : `Your account ${event.owner.email}. If this wasn't you, revoke the tokens that you do not recognize.`,
    lead: `${counts} for ${accountOf(event)}. Each lives for at most a day, so one message names them all.`,
    button: pageOfOnlyToken(site, events) ?? tokenListOf(event, site),
    lists: listEvents(events),
    advice: isOfServiceAccount(event)
      ? unlessExpected([review, ...contactSomeone(event, site)])
      : unlessYou([review, ...lockOut(site, event.owner), contactSuperuser(site)]),
    footer: footerOf(event),
  });
}

/** Returns the button that leads to the page of the token if all events are about the same one, otherwise null. */
function pageOfOnlyToken(site: SiteInfo, events: readonly ShortLivedEvent[]) {
  const [id, ...others] = new Set(events.map(({ tokenId }) => tokenId));
  return id === undefined || others.length > 0 ? null : viewToken(site, id);
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
