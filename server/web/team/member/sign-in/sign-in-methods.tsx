import type { PasskeyRecord, UserSummary } from '../../../../store/records.ts';
import { DateOf, Time } from '../../../shell/components/time.tsx';

interface SignInMethodsProps {
  user: UserSummary;
  passkeys: readonly PasskeyRecord[];
  now: number;
}

/** How a member signs in: password, authenticator app, passkeys and single sign-on. */
export function SignInMethods({ user, passkeys, now }: SignInMethodsProps) {
  return (
    <section aria-labelledby="sign-in-methods">
      <h2 id="sign-in-methods">Sign-in methods</h2>
      <dl class="facts">
        <dt>Password</dt>
        <dd>{user.hasPassword ? 'set' : 'none'}</dd>
        <dt>Authenticator app</dt>
        <dd>
          {user.totpEnabledAt === null ? (
            'off'
          ) : (
            <>
              on since <DateOf at={user.totpEnabledAt} />
            </>
          )}
        </dd>
        <dt>Passkeys</dt>
        <dd>
          {passkeys.length === 0
            ? 'none'
            : passkeys.map((passkey) => (
                <div>
                  <bdi>{passkey.name}</bdi>{' '}
                  <span class="sub">
                    added <DateOf at={passkey.createdAt} />, <LastUse at={passkey.lastUsedAt} now={now} />
                  </span>
                </div>
              ))}
        </dd>
        <dt>Single sign-on</dt>
        <dd>
          <SingleSignOn user={user} now={now} />
        </dd>
      </dl>
    </section>
  );
}

function LastUse({ at, now }: { at: number | null; now: number }) {
  if (at === null) return 'never used';
  return (
    <>
      last used <Time at={at} now={now} />
    </>
  );
}

function SingleSignOn({ user: { sso, hasIdentity, ssoSignedInAt }, now }: Omit<SignInMethodsProps, 'passkeys'>) {
  if (!sso && !hasIdentity) return 'not connected';
  return (
    <>
      {hasIdentity ? 'connected' : 'unbound until the next sign-in'}{' '}
      {ssoSignedInAt !== null && (
        <span class="sub">
          last sign-in <Time at={ssoSignedInAt} now={now} />
        </span>
      )}
    </>
  );
}
