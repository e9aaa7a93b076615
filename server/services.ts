import type { Config } from './config/config.ts';
import { createClients } from './domain/accounts/clients.ts';
import { createMembers } from './domain/accounts/members.ts';
import { createPasswords } from './domain/accounts/passwords.ts';
import { createAudit } from './domain/audit.ts';
import type { Clock } from './domain/clock.ts';
import { createDeadLetters } from './domain/notifications/dead-letters.ts';
import { createNotifier } from './domain/notifications/notifier.ts';
import { createIds } from './domain/secrets.ts';
import { createAuthorizationCodes } from './domain/sign-in/authorization-codes.ts';
import { createDeviceSignIn } from './domain/sign-in/device-flow.ts';
import { createPasswordReset } from './domain/sign-in/password-reset.ts';
import { createSignInRateLimit } from './domain/sign-in/rate-limit.ts';
import { createSecondFactor } from './domain/sign-in/second-factor.ts';
import { createSessions } from './domain/sign-in/sessions.ts';
import { createSso } from './domain/sign-in/sso.ts';
import { createTotpService } from './domain/sign-in/totp.ts';
import { createStatusContext } from './domain/tokens/status.ts';
import { createTokens } from './domain/tokens/tokens.ts';
import { createVerify } from './domain/tokens/verify.ts';
import type { Store } from './store/store.ts';

/** Puts the domain together over one store. `mailQueued` is called after a commit that left something to send. */
export function createServices(deps: {
  store: Store;
  clock: Clock;
  config: Config;
  mailQueued: () => void;
  /** Receives the number of tokens that each verification statement looks up. */
  observeBatch?: (tokens: number) => void;
}) {
  const { store, clock, config } = deps;
  const newId = createIds(clock);
  const statusContext = createStatusContext(clock, config.ssoMaxAge);
  const passwords = createPasswords();
  const site = { organization: config.organization, publicUrl: config.publicUrl };
  const policy = {
    productPrefix: config.tokenPrefix,
    maxPerUser: config.maxTokensPerUser,
    expiry: { maxSeconds: config.maxExpiry, defaultSeconds: config.defaultExpiry },
  };
  const notifier = createNotifier({ site: site, newId, wake: deps.mailQueued });
  const rateLimit = createSignInRateLimit(store.limiter);
  const totp = createTotpService({
    ...{ store, clock, newId, passwords, rateLimit: rateLimit, notifier: notifier },
    issuer: config.organization ?? 'tokens',
    required: config.requireTotp,
  });
  const sessions = createSessions({ store, clock, newId, passwords, rateLimit: rateLimit, totp });
  return {
    rateLimit: rateLimit,
    totp,
    passwordReset: createPasswordReset({
      store,
      clock,
      newId,
      passwords,
      notifier: notifier,
      publicUrl: config.publicUrl,
    }),
    statusContext: statusContext,
    tokens: createTokens({
      store,
      clock,
      statusContext: statusContext,
      newId,
      policy,
      notifier: notifier,
    }),
    users: createMembers({ store, clock, newId, passwords }),
    sessions,
    secondFactor: createSecondFactor({ store, clock, newId, sessions, totp }),
    audit: createAudit({ store }),
    deadLetters: createDeadLetters({ store }),
    clients: createClients({ store, clock, newId }),
    sso: config.oidc && createSso({ store, clock, newId, policy: config.oidc }),
    deviceSignIn: createDeviceSignIn({ store, clock, newId }),
    authorizationCodes: createAuthorizationCodes({ store, clock, newId }),
    verify: createVerify(store, statusContext, deps.observeBatch),
  };
}
