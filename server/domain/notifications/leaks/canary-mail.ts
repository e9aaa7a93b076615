import type { LastUse } from '../../../store/records.ts';
import { tokenUrl } from '../advice.ts';
import { type AdviceStep, type MailContent, mailText } from '../mail-content.ts';
import { type MemberEvent, memberMail, type Reader, type SiteInfo, utc } from '../member-mail.ts';
import { accountOf, commandOf } from '../service-accounts/wording.ts';
import { commandArgument, type MailedToken } from '../token-mails.ts';

/** The value of a canary was presented. `reader` looks after the canary or is a superuser. */
export interface CanaryUse extends MemberEvent {
  reader: Reader;
  canary: MailedToken;
  /** How often it was presented since the mail before. */
  uses: number;
  lastUse: LastUse | null;
}

/** Writes the mail about a canary that somebody presented. It links to the canary only, because attackers imitate such mails. */
export function canaryUsedMail(site: SiteInfo, event: CanaryUse): MailContent {
  const { canary, uses, lastUse, reader, owner } = event;
  const name = commandArgument(canary);
  const of = reader.id === owner.id ? accountOf(event) : ofOther(event);
  const times = uses === 1 ? 'once' : `${uses} times`;
  const request = [lastUse?.method ?? null, lastUse?.path ?? null].filter((part) => part !== null).join(' ');
  const steps: AdviceStep[] = [
    { instruction: 'Find the place where the canary was planted. Somebody has read it and tries what they found.' },
    { instruction: 'Replace the real secrets that are stored in the same place.' },
    {
      instruction: 'See how often the canary was presented.',
      link: { label: 'Open the canary in the console', url: tokenUrl(site, canary.id) },
      command: commandFor(event, `tokens usage ${name}`),
    },
    {
      instruction: 'Pause the canary to get no more mails about it. Its uses are still counted.',
      command: commandFor(event, `tokens pause ${name}`),
    },
  ];
  return memberMail(site, event, {
    subject: mailText`Canary "${canary.name}" was used`,
    preview: `${canary.prefix} was presented ${times}. Somebody has found the place where it was planted.`,
    lead: `Somebody presented the canary ${canary.prefix} of ${of} ${times}. Its value never works, so they got no access.`,
    advice: [{ heading: 'What to do', steps }],
    facts: [
      ['Canary', mailText`${canary.name}`],
      ['Prefix', canary.prefix],
      ['New uses', String(uses)],
      ['Last use', lastUse === null ? 'unknown' : utc(lastUse.at)],
      ['Request', request === '' ? 'unknown' : mailText`${request}`],
    ],
    footer: `You get at most one such mail an hour for each canary, because you ${reasons[reader.because]}. It never contains the value.`,
  });
}

/** Returns a command about the canary. A superuser who is not its owner has to name the owner. */
function commandFor(event: CanaryUse, command: string): string {
  const { owner, reader } = event;
  if (owner.kind === 'service-account' || reader.id === owner.id) return commandOf(event, command);
  // A shell would change other characters.
  return `${command} --user ${/^[\w.+@-]+$/.test(owner.email) ? owner.email : 'EMAIL'}`;
}

function ofOther(event: CanaryUse): string {
  return event.owner.kind === 'service-account' ? accountOf(event) : event.owner.email;
}

const reasons: Record<Reader['because'], string> = {
  owner: 'own the canary',
  maintainer: 'maintain the service account that owns it',
  superuser: 'are an Organization Superuser',
};
