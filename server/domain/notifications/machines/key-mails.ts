import type { Scope } from '../../../../shared/scopes.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { TokenRules } from '../../tokens/rules/token-rules.ts';
import { contactSuperuser, tokenUrl, unlessExpected } from '../advice.ts';
import { type AdviceStep, type MailContent, mailText } from '../mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from '../member-mail.ts';
import { ruleFacts } from '../rules/rule-facts.ts';
import { commandArgument, type MailedToken, tokenFacts } from '../token-mails.ts';

/** A management key was created, or may do more than before. `owner` is the superuser or maintainer who receives the mail. */
export interface KeyEvent extends MemberEvent {
  owner: Pick<UserRecord, 'id' | 'email' | 'name' | 'superuser'>;
  stage: 'created' | 'widened';
  key: MailedToken;
  account: Pick<UserRecord, 'name'>;
  scopes: readonly Scope[];
  /** The rules of the key. Only networks can be among them. */
  rules: Pick<TokenRules, 'networks'>;
  /** Who did it: an email address, or a phrase. */
  by: string;
}

/** Writes the mail about a management key, which all superusers receive. */
export function managementKeyMail(site: SiteInfo, event: KeyEvent): MailContent {
  const { owner, stage, key, account, scopes, rules, by } = event;
  const url = tokenUrl(site, key.id);
  const revoke: AdviceStep = {
    instruction: 'Revoke the key. It stops working immediately.',
    link: { label: 'Open the key in the console', url },
    command: `tokens revoke ${commandArgument(key)} --service-account ${account.name}`,
  };
  const review: AdviceStep = {
    instruction: 'Check what was done with the key.',
    link: { label: 'Open the audit log', url: `${site.publicUrl}/organization/audit` },
    command: `tokens audit --user service-account:${account.name}`,
  };
  const { subject, lead } = messages[stage];
  return memberMail(site, event, {
    subject: [...mailText`Management key "${key.name}" `, subject],
    lead,
    button: { label: 'View this key', url },
    // Maintainers cannot read the audit log.
    advice: unlessExpected([revoke, owner.superuser ? review : contactSuperuser(site)]),
    facts: [
      ['Service account', mailText`${account.name}`],
      ...tokenFacts(key),
      ['Scopes', scopes.join(', ')],
      ...(rules.networks === null ? [['Networks', 'any'] as const] : networkFacts(rules)),
      ['By', by],
    ],
    footer:
      'This is an automatic message to all Organization Superusers and to the maintainers of the service account.',
  });
}

function networkFacts({ networks }: KeyEvent['rules']) {
  return ruleFacts({ apps: null, readOnly: false, allow: null, networks, enforce: true });
}

const messages: Record<KeyEvent['stage'], { subject: string; lead: string }> = {
  created: {
    subject: 'was created',
    lead: 'A management key was created. Anyone who has its value can manage your organization within its scopes.',
  },
  widened: {
    subject: 'may do more than before',
    lead: 'A management key has more scopes or networks than before. Anyone who has its value can use them.',
  },
};
