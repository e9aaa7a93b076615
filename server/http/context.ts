import type { Context } from 'hono';
import type { Config } from '../config/config.ts';
import type { ClientService } from '../domain/accounts/clients.ts';
import type { MemberService } from '../domain/accounts/members.ts';
import type { AuditService } from '../domain/audit.ts';
import type { Caller, ClientInfo } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import type { DeadLetters } from '../domain/notifications/dead-letters.ts';
import type { AuthorizationCodes } from '../domain/sign-in/authorization-codes.ts';
import type { DeviceSignIn } from '../domain/sign-in/device-flow.ts';
import type { PasswordReset } from '../domain/sign-in/password-reset.ts';
import type { SecondFactor } from '../domain/sign-in/second-factor.ts';
import type { SessionService } from '../domain/sign-in/sessions.ts';
import type { SsoService } from '../domain/sign-in/sso.ts';
import type { TotpService } from '../domain/sign-in/totp.ts';
import type { LastUsed } from '../domain/tokens/last-used.ts';
import type { TokenService } from '../domain/tokens/tokens.ts';
import type { VerifiedToken, Verify } from '../domain/tokens/verify.ts';
import type { Log } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { IdentityProvider } from '../sso/provider.ts';
import type { SessionRecord, StatusContext } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { ClientIp } from './client-ip.ts';

/** What the Node adapter knows of the request beyond the Fetch API. */
export interface Bindings {
  incoming?: {
    rawHeaders: string[];
    /** Whether the body has come in whole. */
    complete?: boolean;
    socket: { remoteAddress?: string | undefined; destroyed?: boolean; destroy?: () => unknown };
  };
}

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    requestId: string;
    clientInfo: ClientInfo;
    /** On routes for sessions. */
    caller: Caller;
    session: SessionRecord;
    /** On routes for a token about itself. */
    presentedToken: VerifiedToken;
    /** On pages whose form may lead elsewhere: origins, for the content security policy. */
    formTargets: string[];
    /** On pages: bound to the visitor's cookie; every form carries it. */
    formToken: string;
  };
}

export type AppContext = Context<AppEnv>;

/** All that the HTTP app needs, made by main or by a test. */
export interface AppDeps {
  tokens: TokenService;
  users: MemberService;
  sessions: SessionService;
  audit: AuditService;
  deadLetters: DeadLetters;
  clients: ClientService;
  deviceSignIn: DeviceSignIn;
  authorizationCodes: AuthorizationCodes;
  totp: TotpService;
  secondFactor: SecondFactor;
  passwordReset: PasswordReset;
  /** Both null without single sign-on. */
  sso: SsoService | null;
  identityProvider: IdentityProvider | null;
  lastUsed: Pick<LastUsed, 'record'>;
  verify: Verify;
  metrics: Pick<Metrics, 'verified' | 'responded' | 'expose'>;
  store: Pick<Store, 'ping' | 'schemaIsCurrent'>;
  clock: Clock;
  /** What decides tokens' status now. */
  statusContext: () => StatusContext;
  clientIp: ClientIp;
  log: Log;
  config: Pick<Config, 'publicUrl' | 'maxExpiry' | 'defaultExpiry' | 'organization' | 'oidc' | 'requireTotp'>;
}

/** Names and values in turn, as they came: repeated fields are still apart where the adapter tells. */
export function rawHeadersOf(c: AppContext): readonly string[] {
  return c.env?.incoming?.rawHeaders ?? [...c.req.raw.headers].flat();
}
