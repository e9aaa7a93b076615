import type { Person } from '../domain/sign-in/sso/person.ts';
import type { ProviderLogout } from '../domain/sign-in/sso/sso.ts';

/** What the browser that begins a sign-in must bring back when it comes from the provider. */
export interface PendingSignIn {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** The organization's identity provider. */
export interface IdentityProvider {
  /** Where to send the browser. @throws ProblemError `sso-unavailable` */
  begin(): Promise<{ url: string; pending: PendingSignIn }>;
  /** Who came back. `query` is that of the callback. @throws ProblemError `sso-refused`, `sso-unavailable` */
  finish(query: string, pending: PendingSignIn): Promise<Person>;
  /** Where to send the browser to sign out there as well; null: not known, or not offered. */
  logoutUrl(): Promise<string | null>;
  /** @throws ProblemError `sso-refused`, `sso-unavailable` */
  readLogoutToken(token: string): Promise<ProviderLogout>;
}

/** Where the provider sends the browser back to, below the public URL. */
export const callbackPath = '/login/sso/callback';
