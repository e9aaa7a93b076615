import { type OidcConfig, readConfig } from '../../../server/config/config.ts';
import type { Person } from '../../../server/domain/sign-in/sso/person.ts';

export const ssoClient = { clientId: 'tokensd', clientSecret: 'a-secret-between-the-two-of-us' };

/** Returns the settings of single sign-on at an issuer: the daemon's defaults, with changes. */
export function ssoConfig(issuer: string, changes: Partial<OidcConfig> = {}): OidcConfig {
  const env = {
    HOME: '/nowhere',
    TOKENSD_OIDC_ISSUER: issuer,
    TOKENSD_OIDC_CLIENT_ID: ssoClient.clientId,
    TOKENSD_OIDC_CLIENT_SECRET: ssoClient.clientSecret,
  };
  const { oidc } = readConfig(env);
  if (oidc === null) throw new Error('Single sign-on is not configured');
  return { ...oidc, ...changes };
}

/** Returns a person with a verified address and no groups, with changes. */
export function personAt(issuer: string, changes: Partial<Person> = {}): Person {
  return {
    issuer,
    subject: 'ada',
    email: 'ada@example.com',
    emailVerified: true,
    name: 'Ada',
    groups: { listed: [], untold: null },
    sid: null,
    received: [],
    notes: [],
    ...changes,
  };
}
