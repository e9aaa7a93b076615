import type { AppDeps } from '../../http/context.ts';
import type { SignInWays } from './login-page.tsx';

/** Returns what the sign-in page offers. `passwordWanted`: the visitor asked for the form, or has just sent it. */
export function signInWays(
  { identityProvider, passwordPolicy, passkeys }: Pick<AppDeps, 'identityProvider' | 'passwordPolicy' | 'passkeys'>,
  passwordWanted = false,
): SignInWays {
  const sso = identityProvider !== null;
  const hasPasskeys = passkeys.party !== null;
  if (passwordWanted || !sso || passwordPolicy.signIn === 'true')
    return { sso, password: 'form', passkey: hasPasskeys };
  return { sso, password: passwordPolicy.signIn === 'superusers' ? 'link' : 'hidden', passkey: false };
}
