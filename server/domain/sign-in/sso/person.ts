import { foldName } from '../../../../shared/names.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import { emailSchema } from '../../../../shared/schemas/common.ts';
import type { Identity } from '../../../store/records.ts';
import type { ClientInfo } from '../../caller.ts';

/** The person who signed in, as described by the identity provider. */
export interface Person extends Identity {
  email: string | null;
  /** Whether the provider verified that the address belongs to the person. */
  emailVerified: boolean;
  name: string | null;
  groups: readonly string[];
  /** Id of the provider's own session. */
  sid: string | null;
}

/** A person and the request that they sign in with. */
export interface PersonRequest {
  person: Person;
  clientInfo: ClientInfo;
}

/** The operator's settings for members who sign in through the identity provider. */
export interface SsoPolicy {
  autoProvision: boolean;
  /** In lower case. Null allows every domain. */
  allowedDomains: readonly string[] | null;
  superuserGroup: string | null;
  tokensGroup: string | null;
}

/** Returns the person's email address, or null unless the provider verified it. */
export function verifiedEmail({ email, emailVerified }: Person): string | null {
  return emailVerified ? (emailSchema.safeParse(email).data ?? null) : null;
}

/** Returns the person's email address for audit events, verified or not. */
export function foldedEmail({ email }: Person): string | null {
  const parsed = emailSchema.safeParse(email).data;
  return parsed === undefined ? null : foldName(parsed);
}

export function isAllowedDomain(email: string, { allowedDomains }: SsoPolicy): boolean {
  return allowedDomains?.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase()) ?? true;
}

export function ssoRefused(detail: string): ProblemError {
  return new ProblemError('sso-refused', detail);
}

export function domainRefused(): ProblemError {
  return ssoRefused('Email addresses of this domain may not sign in here. Ask an Organization Superuser.');
}
