import type { Identity } from '../../store/records.ts';
import { usePage } from '../shell/page-context.ts';
import { connectSsoPath } from '../sign-in/sso/connect-page.tsx';

/** The facts about single sign-on that the profile shows. */
export interface SsoState {
  /** The issuer in the settings. */
  issuer: string;
  /** The member's identity, or null. */
  identity: Identity | null;
  /** Whether the member can connect an identity in this session. */
  canConnect: boolean;
}

/** Whether the account is connected to single sign-on, and the button to connect it. */
export function SsoSection({ issuer, identity, canConnect }: SsoState) {
  // The provider leads back to the public URL, and only a session there can finish.
  const start = `${usePage().publicUrl}${connectSsoPath}`;
  const moved = identity !== null && identity.issuer !== issuer;
  return (
    <>
      <h2 id="single-sign-on">Single sign-on</h2>
      <p>{identity === null ? 'Your account is not connected.' : `Your account is connected to ${identity.issuer}.`}</p>
      {moved && (
        <p class="note warning">Your organization uses {issuer} now, so this identity can no longer sign in.</p>
      )}
      {canConnect && (
        <p>
          <a class="button" href={start}>
            {identity === null ? 'Connect single sign-on' : 'Connect another identity'}
          </a>
        </p>
      )}
    </>
  );
}
