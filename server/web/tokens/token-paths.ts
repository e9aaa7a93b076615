import { serviceAccountName } from '../../../shared/names.ts';
import type { TokenRecord } from '../../store/records.ts';
import { serviceAccountPath, serviceAccountsPath } from '../service-accounts/service-account-paths.ts';
import { memberPath, teamPath } from '../team/team-paths.ts';

export const tokensPath = '/profile/api-tokens';

/** Returns the path of the page about one token. Mails and lists link to it. */
export function tokenPath(id: string): string {
  return `${tokensPath}/${id}`;
}

type OwnedToken = Pick<TokenRecord, 'ownerId' | 'ownerKind'>;

/** Returns the path of the page about the owner of a token: a member or a service account. */
export function ownerPath({ ownerId, ownerKind }: OwnedToken): string {
  return ownerKind === 'service-account' ? serviceAccountPath(ownerId) : memberPath(ownerId);
}

/** The words for the kinds of owners. */
export const kindLabels: Readonly<Record<TokenRecord['ownerKind'], string>> = {
  member: 'member',
  'service-account': 'service account',
};

/** Returns the name of a service account, or the email address of a member. The kind of the owner stands beside it. */
export function ownerName({ ownerEmail }: Pick<TokenRecord, 'ownerEmail'>): string {
  return serviceAccountName(ownerEmail) ?? ownerEmail;
}

/** The list that a token is in, for the member who looks at it. */
export interface ListOfToken {
  href: string;
  /** The text of the link to the list. */
  label: string;
  /** The tab of the list. */
  section: string;
}

/** Returns the list that a token is in: the member's own tokens, or those on the page of its owner. */
export function listOfToken(token: OwnedToken, memberId: string): ListOfToken {
  if (token.ownerKind === 'service-account') {
    return { href: ownerPath(token), label: 'Back to the service account', section: serviceAccountsPath };
  }
  if (token.ownerId === memberId) return { href: tokensPath, label: 'Back to your API tokens', section: tokensPath };
  return { href: ownerPath(token), label: 'Back to the member', section: teamPath };
}
