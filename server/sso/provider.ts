import type { Person } from '../domain/sign-in/sso/person.ts';
import type { ProviderLogout } from '../domain/sign-in/sso/sso.ts';

/** Values that the browser keeps during a sign-in. The provider's response must match them. */
export interface PendingSignIn {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** The organization's identity provider. `domain/sign-in/sso` maps the people it describes to members. */
export interface IdentityProvider {
  /** Starts a sign-in. Returns the address to send the browser to. @throws ProblemError `sso-unavailable` */
  begin(): Promise<{ url: string; pending: PendingSignIn }>;
  /**
   * Completes a sign-in. `query` is the query string of the callback, including `?`.
   *
   * @throws ProblemError `sso-refused`, `sso-unavailable`
   */
  finish(query: string, pending: PendingSignIn): Promise<Person>;
  /** Returns the address for signing out at the provider too, or null if it offers none or cannot be reached. */
  logoutUrl(): Promise<string | null>;
  /** Verifies a back-channel logout token. @throws ProblemError `sso-refused`, `sso-unavailable` */
  readLogoutToken(token: string): Promise<ProviderLogout>;
}

/** Path below the public URL that the provider redirects the browser back to. */
export const callbackPath = '/login/sso/callback';
