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

function warning(reason: string, person: Person, details: Record<string, unknown>): SignInNote {
  const { subject, email, received } = person;
  return {
    level: 'warn',
    message: `single sign-on was refused: ${reason}`,
    fields: { subject, email, ...details, received },
  };
}
