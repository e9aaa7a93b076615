import type { LeakRecord, UserRecord } from '../../../store/records.ts';
import { viewToken } from '../advice.ts';
import { type MailContent, type MailText, mailText } from '../mail-content.ts';
import { type MailEvent, mailToMember, type SiteInfo, utc } from '../member-mail.ts';

type ToldLeak = Pick<LeakRecord, 'tokenId' | 'prefix' | 'name' | 'source' | 'url' | 'outcome' | 'firstAt'> & {
  /** The owner of the token. Null if the owner was deleted since. */
  owner: Pick<UserRecord, 'email' | 'kind' | 'name'> | null;
};

/** Values were reported as leaked. `owner` is the superuser who receives the mail. */
export interface LeakDigest extends MailEvent {
  /** At least one, oldest first. */
  leaks: readonly ToldLeak[];
}

const headings: ReadonlyArray<readonly [LeakRecord['outcome'], string]> = [
  ['notified', 'Still working: only the owners were told'],
  ['paused', 'Paused'],
  ['ended', 'Old values that ended at once'],
  ['revoked', 'Revoked'],
  ['canary', 'Canaries'],
];

/** Writes the mail to a superuser about all values that were reported as leaked since the last such mail. */
export function leakDigestMail(site: SiteInfo, event: LeakDigest): MailContent {
  const { leaks } = event;
  const count = leaks.length === 1 ? '1 value of an API token' : `${leaks.length} values of API tokens`;
  const lists = headings.map(([outcome, heading]) => ({
    heading,
    lines: leaks.filter((leak) => leak.outcome === outcome).map(lineOf),
  }));
  return mailToMember(site, event, {
    subject: `${count} leaked`,
    lead: `${count} ${leaks.length === 1 ? 'was' : 'were'} found where others may read ${leaks.length === 1 ? 'it' : 'them'}. Those who look after the tokens got a mail that says where, and what to do.`,
    button: pageOfOnlyToken(site, leaks) ?? {
      label: 'Open the audit log',
      url: `${site.publicUrl}/organization/audit?action=token.leaked`,
    },
    lists: lists.filter(({ lines }) => lines.length > 0),
    advice: [
      {
        heading: 'What to do',
        steps: [
          {
            instruction: 'Check how the tokens were used, and that each program that needs one has a new one.',
            command: 'tokens audit --action token.leaked',
          },
        ],
      },
    ],
    footer:
      'This is an automatic message to all Organization Superusers. You get at most one an hour. It never contains the value of a token.',
  });
}

/** Returns the button that leads to the page of the token if all leaks are about the same one, otherwise null. */
function pageOfOnlyToken(site: SiteInfo, leaks: readonly ToldLeak[]) {
  const [id, ...others] = new Set(leaks.map(({ tokenId }) => tokenId));
  return id === undefined || others.length > 0 ? null : viewToken(site, id);
}

function lineOf({ prefix, name, source, url, firstAt, owner }: ToldLeak): MailText {
  const place = `${source ?? 'an unknown place'}${url === null ? '' : ` at ${url}`}`;
  return [
    ...mailText`${name}, `,
    `${prefix}, ${ownerText(owner)}, found in `,
    ...mailText`${place}`,
    `, ${utc(firstAt)}`,
  ];
}

function ownerText(owner: ToldLeak['owner']): string {
  if (owner === null) return 'a deleted owner';
  return owner.kind === 'service-account' ? `the service account ${owner.name}` : owner.email;
}
