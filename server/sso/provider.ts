import { ProblemError } from '../../shared/problem.ts';
import type { Person } from '../domain/sign-in/sso/person.ts';
import type { ProviderLogout } from '../domain/sign-in/sso/sso.ts';

/** Values that the browser keeps during a sign-in. The provider's response must match them. */
export interface PendingSignIn {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/**
 * `connect`: the member who is signed in wants to connect the identity to their account. `confirm`: the member wants to confirm
 * who they are, so the provider asks for a proof again.
 */
export type SignInPurpose = 'sign-in' | 'connect' | 'confirm';

/** Starts the state of a request for this purpose. No state of a sign-in contains a dot, so no response serves another purpose. */
export const statePrefixes: Readonly<Record<SignInPurpose, string>> = {
  'sign-in': '',
  connect: 'connect.',
  confirm: 'confirm.',
};

export function purposeOf({ state }: Pick<PendingSignIn, 'state'>): SignInPurpose {
  if (state.startsWith(statePrefixes.connect)) return 'connect';
  return state.startsWith(statePrefixes.confirm) ? 'confirm' : 'sign-in';
}

/** The organization's identity provider. `domain/sign-in/sso` maps the people it describes to members. */
export interface IdentityProvider {
  /** Starts a sign-in. Returns the address to send the browser to. @throws SsoProblem */
  begin(purpose?: SignInPurpose): Promise<{ url: string; pending: PendingSignIn }>;
  /**
   * Completes a sign-in. `query` is the query string of the callback, including `?`. `authenticatedAt` is when the provider last asked
   * the person for a proof, in milliseconds. It is null if the provider did not say.
   *
   * @throws SsoProblem
   */
  finish(
    query: string,
    pending: PendingSignIn,
  ): Promise<{ person: Person; idToken: string; authenticatedAt: number | null }>;
  /**
   * Returns the address for signing out at the provider too (OpenID Connect RP-Initiated Logout §2). Returns null if the
   * provider offers none or cannot be reached. `idToken` is the one that the session began with, if it is known.
   */
  logoutUrl(idToken: string | null): Promise<string | null>;
  /** Verifies a back-channel logout token. @throws SsoProblem */
  readLogoutToken(token: string): Promise<ProviderLogout>;
}

/** The diagnosis of a failed single sign-on, for the operator. */
export interface Diagnosis {
  /** The cause and the remedy, with the values of both sides. Can quote the provider. */
  message: string;
  /** The setting or environment variable to look at first. */
  setting?: string;
  cause?: unknown;
}

export type SsoProblemCode = 'sso-refused' | 'sso-misconfigured' | 'sso-unavailable';

/**
 * A failure of single sign-on: `sso-refused` if starting again can help, `sso-misconfigured` if someone has to change the
 * set-up here or at the provider, `sso-unavailable` if the provider does not respond. The message is for the person who
 * signs in and quotes nothing from the provider. The diagnosis is for the log.
 */
export class SsoProblem extends ProblemError {
  declare readonly code: SsoProblemCode;
  readonly diagnosis: Diagnosis;

  constructor(code: SsoProblemCode, detail: string, diagnosis: Diagnosis) {
    super(code, detail, { cause: diagnosis.cause });
    this.name = 'SsoProblem';
    this.diagnosis = diagnosis;
  }
}

/** Path below the public URL that the provider redirects the browser back to. */
export const callbackPath = '/login/sso/callback';
