import { count } from '../../../../shared/count.ts';
import type { Actor, LastUse, LeakRecord, SeenCount } from '../../../store/records.ts';
import { superuserOf, tokenUrl, viewToken } from '../advice.ts';
import { type AdviceStep, type MailContent, type MailText, mailText } from '../mail-content.ts';
import { type MailEvent, mailToMember, type SiteInfo, utc } from '../member-mail.ts';
import { aTokenOf, commandOf, contactSomeone, footerOf } from '../service-accounts/wording.ts';
import { commandArgument, type MailedToken, tokenFacts } from '../token-mails.ts';

/** Networks that the mail lists. */
const maxNetworks = 20;

/** A value of a token was reported as leaked. */
export interface ValueLeak extends MailEvent {
  token: MailedToken;
  actor: Actor;
  leak: Pick<LeakRecord, 'prefix' | 'source' | 'url' | 'outcome'>;
  /** How the token was used before the report. */
  use: { last: LastUse | null; networks: readonly SeenCount[] };
}

const done: Record<LeakRecord['outcome'], { subject: string; lead: string }> = {
  revoked: { subject: 'leaked and was revoked', lead: 'The token was revoked, and cannot be restored.' },
  paused: {
    subject: 'leaked and was paused',
    lead: 'The token is paused. Only an Organization Superuser can resume it.',
  },
  canary: { subject: 'leaked: it is a canary', lead: 'It is a canary, so it never worked. Someone may try it soon.' },
  notified: { subject: 'leaked and still works', lead: 'The token still works. Rotate or revoke it now.' },
  ended: { subject: 'leaked: its old value ended', lead: 'That value ended at once. The current value still works.' },
};

/** Writes the mail to those who look after a token of which a value leaked. It shows the address as text from outside. */
export function valueLeakedMail(site: SiteInfo, event: ValueLeak): MailContent {
  const { at, token, actor, leak, use } = event;
  const { subject, lead } = done[leak.outcome];
  return mailToMember(site, event, {
    subject: [...mailText`API token "${token.name}" `, subject],
    preview: `${leak.prefix}: ${lead}`,
    lead: `The value of ${lowerFirst(aTokenOf(event))} was found where others may read it. ${lead}`,
    button: viewToken(site, token.id),
    advice: [{ heading: 'What to do', steps: stepsOf(site, event) }],
    facts: [
      ...tokenFacts({ ...token, prefix: leak.prefix }),
      ...placeFacts(leak),
      ['Reported by', mailText`${actor.email ?? 'unknown'}`],
      ['Reported', utc(at)],
      ['Last use', lastUseText(use.last)],
    ],
    lists: networkList(use.networks),
    footer: footerOf(event),
  });
}

/** Returns where a value was found. */
export function placeFacts({ source, url }: ValueLeak['leak']): Array<readonly [string, MailText]> {
  return [
    ['Found in', source === null ? 'unknown' : mailText`${source}`],
    ['Found at', url === null ? 'unknown' : mailText`${url}`],
  ];
}

function stepsOf(site: SiteInfo, event: ValueLeak): AdviceStep[] {
  const { token, leak } = event;
  const name = commandArgument(token);
  const removed: AdviceStep = {
    instruction:
      'Remove the value from that place. Somebody may still find it, for example in the history of a repository.',
  };
  const contact = hasNoMaintainer(event) ? contactSomeone(event, site) : [];
  const after: AdviceStep[] = [...checkUses(site, event), removed];
  /** Only a maintainer can rotate the tokens of a service account. */
  const replace = (instruction: string): readonly AdviceStep[] =>
    contact.length > 0
      ? contact
      : [
          {
            instruction,
            link: { label: 'Open the token in the console', url: tokenUrl(site, token.id) },
            command: commandOf(event, `tokens rotate ${name} --overlap 0`),
          },
        ];
  switch (leak.outcome) {
    case 'canary':
      return [{ instruction: 'Find out who could read the place where you planted the canary.' }];
    case 'revoked':
      return [{ instruction: 'Create a new token for the program that used this one.' }, ...after, ...contact];
    case 'paused':
      return [
        ...replace(`Replace the value. The old one ends at once. Then ask ${superuserOf(site)} to resume the token.`),
        {
          instruction: 'If nothing needs the token any more, revoke it instead.',
          command: commandOf(event, `tokens revoke ${name}`),
        },
        ...after,
      ];
    case 'notified':
      return [...replace('Replace the value. With no overlap, the old one ends at once.'), ...after];
    case 'ended':
      return [
        { instruction: 'Put the current value where the old one was used, if you have not done so since.' },
        ...after,
        ...contact,
      ];
  }
}

function hasNoMaintainer({ reader }: ValueLeak): boolean {
  return reader?.because === 'superuser';
}

/** Returns the step that looks at the uses above, unless there are none. */
function checkUses(site: SiteInfo, event: ValueLeak): AdviceStep[] {
  const { last, networks } = event.use;
  if (last === null && networks.length === 0) return [];
  const uses = networks.length === 0 ? 'last use' : 'last use and the networks';
  const then = hasNoMaintainer(event)
    ? 'If nobody recognizes one, find out what it did.'
    : `If you do not recognize one, tell ${superuserOf(site)}.`;
  return [{ instruction: `Check the ${uses} above. ${then}` }];
}

function lastUseText(use: LastUse | null): MailText {
  if (use === null) return 'never used';
  const request = [use.method, use.path].filter((part) => part !== null).join(' ');
  return mailText`${utc(use.at)}, from ${use.ip ?? 'an unknown IP address'}, ${request === '' ? 'unknown request' : request}, ${use.userAgent ?? 'unknown user agent'}`;
}

function networkList(networks: readonly SeenCount[]): MailContent['lists'] {
  if (networks.length === 0) return [];
  const lines = networks
    .slice(0, maxNetworks)
    .map(({ value, uses, lastAt }) =>
      mailText`${value}`.concat(`, last used ${utc(lastAt)}, ${count(uses, 'use')} in all`),
    );
  return [{ heading: 'Networks from which the token was used in the last 30 days', lines }];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
