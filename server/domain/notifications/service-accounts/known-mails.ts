import type { Actor, TokenRecord, UserRecord } from '../../../store/records.ts';
import { actorName } from '../machines/actor-name.ts';
import { type MailContent, mailText } from '../mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from '../member-mail.ts';
import { commandArgument, tokenItem } from '../token-mails.ts';

type KnownToken = Pick<TokenRecord, 'id' | 'name' | 'prefix' | 'createdAt' | 'expiresAt' | 'ownerEmail' | 'manage'> & {
  /** Whether the reader must let a member maintain the service account, who then rotates the token. */
  needsMaintainer: boolean;
};

/** A member left who knows the values of tokens of service accounts. `owner` is the reader, who can have the tokens rotated. */
export interface TokensKnown extends MemberEvent {
  leaver: Pick<UserRecord, 'email'>;
  actor: Actor;
  /** At least one. */
  tokens: readonly KnownToken[];
}

/** Writes the mail to one reader about all tokens that they can have rotated. */
export function tokensKnownMail(site: SiteInfo, event: TokensKnown): MailContent {
  const { leaver, actor, tokens } = event;
  const isOne = tokens.length === 1;
  const what = isOne ? 'an API token of a service account' : `${tokens.length} API tokens of service accounts`;
  return memberMail(site, event, {
    subject: `${leaver.email} left and knows ${what}`,
    lead: `${leaver.email} left the organization. They created ${what} or rotated ${isOne ? 'it' : 'them'} last, so they may still know ${isOne ? 'its value' : 'the values'}. Rotate ${isOne ? 'it' : 'each of them'}.`,
    button: { label: 'View service accounts', url: `${site.publicUrl}/organization/service-accounts` },
    items: tokens.map(itemOf),
    advice: [
      {
        heading: 'What to do',
        steps: [
          {
            instruction:
              'Give each token a new value with the commands above, and put it where the old one is used. Revoke what nobody needs.',
          },
        ],
      },
    ],
    facts: [['Offboarded by', actorName(actor)]],
    footer:
      'This is an automatic message. You get it because you maintain these service accounts, or as an Organization Superuser. It never contains the value of a token.',
  });
}

function itemOf(token: KnownToken): MailContent['items'][number] {
  const account = token.ownerEmail.replace(/^service-account:/, '');
  const { details } = tokenItem(token);
  const kind = token.manage === null ? '' : ', management key';
  return {
    title: mailText`${token.name}`.concat(` of ${account}`),
    details: `${details}${kind}`,
    commands: [
      ...(token.needsMaintainer ? [`tokens service-accounts edit ${account} --add-maintainer EMAIL`] : []),
      `tokens rotate ${commandArgument(token)} --service-account ${account}`,
    ],
  };
}
