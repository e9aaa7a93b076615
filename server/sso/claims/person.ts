import type { OidcConfig } from '../../config/config.ts';
import type { SignInNote } from '../../domain/sign-in/sso/notes.ts';
import { isSameMailbox, type Person } from '../../domain/sign-in/sso/person.ts';
import type { UserInfo } from '../user-info.ts';
import { readEmail, readEmails } from './email.ts';
import { readGroups } from './groups.ts';
import { readName } from './name.ts';
import { type Claims, readText } from './values.ts';

/** The claims of one sign-in. */
export interface ReceivedClaims extends UserInfo {
  /** The claims of the verified ID token. */
  idToken: Claims & { iss: string; sub: string };
}

type ClaimSettings = Pick<OidcConfig, 'emailClaim' | 'groupsClaim'>;

/** More names than any provider sends. Bounds a line of the log. */
const maxReceivedNames = 50;

/** Reads the claims about a person. If the userinfo endpoint and the ID token differ, the former counts. */
export function readPerson({ idToken, userInfo, userInfoFailure }: ReceivedClaims, settings: ClaimSettings): Person {
  const sources = userInfo === null ? [idToken] : [userInfo, idToken];
  return {
    issuer: idToken.iss,
    subject: idToken.sub,
    sid: readText(idToken.sid),
    ...readEmail(sources, settings.emailClaim),
    name: readName(sources),
    groups: readGroups(sources, settings.groupsClaim),
    received: [...new Set(sources.flatMap(Object.keys))].slice(0, maxReceivedNames),
    notes: [...failureNotes(userInfoFailure), ...differenceNotes(sources, settings)],
  };
}

function failureNotes(failure: string | null): SignInNote[] {
  if (failure === null) return [];
  const message = 'the userinfo endpoint of the identity provider failed, so only the ID token counts for this sign-in';
  return [{ level: 'warn', message, fields: { failure } }];
}

function differenceNotes(sources: readonly Claims[], { emailClaim, groupsClaim }: ClaimSettings): SignInNote[] {
  const [email, ...otherEmails] = readEmails(sources, emailClaim);
  const emailsDiffer = email !== undefined && otherEmails.some((other) => !isSameMailbox(other, email));
  const [groups, ...otherGroups] = sources
    .map((source) => readGroups([source], groupsClaim))
    .filter(({ untold }) => untold === null)
    .map(({ listed }) => [...listed].sort().join('\n'));
  const groupsDiffer = otherGroups.some((other) => other !== groups);
  const claims = [...(emailsDiffer ? [emailClaim] : []), ...(groupsDiffer ? [groupsClaim] : [])];
  const message = 'the ID token and the userinfo endpoint differ in this claim';
  return claims.map((claim) => ({ level: 'warn', message, fields: { claim } }));
}
