import type { Identity, UserRecord } from '../../../store/records.ts';
import { type SignInNote, type SsoRefusal, ssoRefused } from './notes.ts';
import type { Person, SsoPolicy } from './person.ts';

// The refusals that depend on what the provider said and on the operator's settings. The page tells the person whom to ask,
// and the note tells the operator which claim and which setting decided.

/** The provider named no address. */
export function addressUnknown(person: Person, { emailClaim }: SsoPolicy): SsoRefusal {
  return ssoRefused(
    'Your identity provider did not report your email address. Ask the operator of this server to check the claim that holds it (TOKENSD_OIDC_EMAIL_CLAIM).',
    warning('the claim is missing or holds no email address', person, {
      claim: emailClaim,
      setting: 'TOKENSD_OIDC_EMAIL_CLAIM',
    }),
  );
}

/** The policy does not let the address count. */
export function addressUnverified(person: Person, { emailVerified }: SsoPolicy): SsoRefusal {
  const told = person.emailVerified === false;
  return ssoRefused(
    told
      ? 'Your identity provider reports that your email address is not verified. Verify it there, or ask the operator of this server to allow unverified addresses (TOKENSD_OIDC_EMAIL_VERIFIED).'
      : 'Your identity provider does not report whether your email address is verified. The operator of this server can allow such addresses (TOKENSD_OIDC_EMAIL_VERIFIED).',
    warning(told ? 'the claim is false' : 'the claim is missing, or is neither true nor false', person, {
      claim: 'email_verified',
      setting: 'TOKENSD_OIDC_EMAIL_VERIFIED',
      value: emailVerified,
    }),
  );
}

/** The domain of the address is not allowed. */
export function domainRefused(person: Person, { emailClaim }: SsoPolicy): SsoRefusal {
  return ssoRefused(
    'Email addresses of this domain may not sign in here. Ask an Organization Superuser.',
    warning('the domain of the email address is not allowed', person, {
      claim: emailClaim,
      setting: 'TOKENSD_OIDC_ALLOWED_DOMAINS',
    }),
  );
}

/** Nobody added the person, and they may not become a member on their own. */
export function notAMember(person: Person, { emailClaim }: SsoPolicy): SsoRefusal {
  return ssoRefused(
    'You are not a member of this organization. Ask an Organization Superuser to add you.',
    warning('the person is not a member', person, { claim: emailClaim, setting: 'TOKENSD_OIDC_AUTO_PROVISION' }),
  );
}

/** A member has an address that is equal to this one when folded, but may be another mailbox. */
export function addressTaken(person: Person): SsoRefusal {
  return ssoRefused(
    'An account here has nearly the same email address as you. Ask an Organization Superuser.',
    warning('a member has an email address that differs only in letters that count as equal', person, {}),
  );
}

/** The member with this address has no identity, and the address alone must not bind one. */
export function notConnected(person: Person, { id, disabled }: Pick<UserRecord, 'id' | 'disabled'>): SsoRefusal {
  return ssoRefused(
    disabled
      ? 'Your account is disabled. Ask an Organization Superuser.'
      : 'The account with this email address signs in with a password. Sign in with the password and connect single sign-on on your profile, or ask an Organization Superuser.',
    warning(disabled ? 'the member is disabled' : 'the member signs in with a password and has not connected', person, {
      user: id,
    }),
  );
}

/** The member with this address has another identity, at this provider or at an earlier one. */
export function connectedElsewhere(person: Person, bound: Identity): SsoRefusal {
  const moved = bound.issuer !== person.issuer;
  return ssoRefused(
    'The account with this email address is connected to another identity. Ask an Organization Superuser to unbind it (tokens users unbind), and sign in again.',
    warning(
      moved
        ? 'the member has an identity at another issuer: if the provider moved, run tokensd sso move or tokensd sso unbind'
        : 'the member has an identity with another subject: run tokens users unbind if it is the same person',
      person,
      { issuer: person.issuer, bound_issuer: bound.issuer, bound_subject: bound.subject },
    ),
  );
}

/** Another member has the identity. */
export function identityOfAnother(person: Person): SsoRefusal {
  return ssoRefused(
    `Another account here is connected to the identity ${describe(person)}. Sign in at your identity provider as yourself, and connect again.`,
    warning('another member has the identity', person, { issuer: person.issuer }),
  );
}

/** Another member has the identity's address. */
export function addressOfAnother(person: Person, email: string): SsoRefusal {
  return ssoRefused(
    `The email address ${email} of this identity belongs to another account here. Sign in at your identity provider as yourself, or ask an Organization Superuser.`,
    warning('another member has the email address of the identity', person, { issuer: person.issuer }),
  );
}

/** Returns what the person calls their own identity: its address, its name or its subject. */
function describe({ email, name, subject }: Person): string {
  return email ?? name ?? subject;
}

/** The log names nobody by their email address, because an erasure does not reach it. */
function warning(reason: string, person: Person, details: Record<string, unknown>): SignInNote {
  const { subject, received } = person;
  return {
    level: 'warn',
    message: `single sign-on was refused: ${reason}`,
    fields: { subject, ...details, received },
  };
}
