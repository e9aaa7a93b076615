import type { Actor, TokenRecord, UserRecord } from '../../../store/records.ts';
import { viewToken } from '../advice.ts';
import { actorName } from '../machines/actor-name.ts';
import { type AdviceStep, type MailContent, mailText, maxItems } from '../mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from '../member-mail.ts';
import { commandArgument, tokenItem, tokenLine } from '../token-mails.ts';

export type KnownToken = Pick<
  TokenRecord,
  'id' | 'name' | 'prefix' | 'createdAt' | 'expiresAt' | 'ownerEmail' | 'manage'
> & {
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
  const isLong = tokens.length > maxItems;
  const what = isOne ? 'an API token of a service account' : `${tokens.length} API tokens of service accounts`;
  return memberMail(site, event, {
    subject: `${leaver.email} left and knows ${what}`,
    lead: `${leaver.email} left the organization. They created ${what} or rotated ${isOne ? 'it' : 'them'} last, so they may still know ${isOne ? 'its value' : 'the values'}. Rotate ${isOne ? 'it' : 'each of them'}.`,
    button: isOne
      ? (tokens.map(({ id }) => viewToken(site, id))[0] ?? null)
      : { label: 'View service accounts', url: `${site.publicUrl}/organization/service-accounts` },
    ...(isLong ? { lists: listsOf(tokens) } : { items: tokens.map(itemOf) }),
    advice: [{ heading: 'What to do', steps: isLong ? stepsForMany(tokens) : [stepForFew] }],
    facts: [['Offboarded by', actorName(actor)]],
    footer:
      'This is an automatic message. You get it because you maintain these service accounts, or as an Organization Superuser. It never contains the value of a token.',
  });
}

const stepForFew: AdviceStep = {
  instruction:
    'Give each token a new value with the commands above, and put it where the old one is used. Revoke what nobody needs.',
};

function stepsForMany(tokens: readonly KnownToken[]): AdviceStep[] {
  const addMaintainer: AdviceStep = {
    instruction:
      'Add a maintainer to each service account that has no enabled one, because only maintainers rotate its tokens.',
    command: 'tokens service-accounts edit SERVICE-ACCOUNT --add-maintainer EMAIL',
  };
  const rotate: AdviceStep = {
    instruction: 'Give each token a new value, and put it where the old one is used. Revoke what nobody needs.',
    command: 'tokens rotate PREFIX --service-account SERVICE-ACCOUNT',
  };
  return [...(tokens.some(({ needsMaintainer }) => needsMaintainer) ? [addMaintainer] : []), rotate];
}

/** Lists very many tokens by service account. */
function listsOf(tokens: readonly KnownToken[]): MailContent['lists'] {
  const byAccount = new Map<string, KnownToken[]>();
  for (const token of tokens) {
    const others = byAccount.get(token.ownerEmail);
    if (others) others.push(token);
    else byAccount.set(token.ownerEmail, [token]);
  }
  return [...byAccount.values()].map((tokens) => {
    const hint = tokens.some(({ needsMaintainer }) => needsMaintainer) ? ', which needs a maintainer first' : '';
    const heading = `Tokens of ${tokens.map(accountOf)[0]}${hint}`;
    return { heading, lines: tokens.map((token) => tokenLine(token).concat(kindOf(token))) };
  });
}

function accountOf({ ownerEmail }: KnownToken): string {
  return ownerEmail.replace(/^service-account:/, '');
}

function kindOf({ manage }: KnownToken): string {
  return manage === null ? '' : ', management key';
}

function itemOf(token: KnownToken): MailContent['items'][number] {
  const account = accountOf(token);
  return {
    title: mailText`${token.name}`.concat(` of ${account}`),
    details: `${tokenItem(token).details}${kindOf(token)}`,
    commands: [
      ...(token.needsMaintainer ? [`tokens service-accounts edit ${account} --add-maintainer EMAIL`] : []),
      `tokens rotate ${commandArgument(token)} --service-account ${account}`,
    ],
  };
}
