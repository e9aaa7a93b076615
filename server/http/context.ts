import type { Context } from 'hono';
import type { Config } from '../config/config.ts';
import type { Clients } from '../domain/accounts/clients.ts';
import type { MemberData } from '../domain/accounts/data/member-data.ts';
import type { Invitations } from '../domain/accounts/invitations.ts';
import type { Members } from '../domain/accounts/members.ts';
import type { Offboarding } from '../domain/accounts/offboarding/offboarding.ts';
import type { OwnProfile } from '../domain/accounts/own-profile.ts';
import type { ServiceAccounts } from '../domain/accounts/service-accounts/service-accounts.ts';
import type { Unbinding } from '../domain/accounts/unbinding.ts';
import type { Apps } from '../domain/apps/apps.ts';
import type { AuditLog } from '../domain/audit-log.ts';
import type { Caller, ClientInfo, Operator } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import type { Deliveries } from '../domain/events/deliveries.ts';
import type { Webhooks } from '../domain/events/webhooks.ts';
import type { AlertSignatures } from '../domain/leaks/alert-signatures.ts';
import type { CanaryUses } from '../domain/leaks/canary-uses.ts';
import type { Leaks } from '../domain/leaks/leaks.ts';
import type { Reporter } from '../domain/leaks/reporter.ts';
import type { HashStatuses } from '../domain/leaks/statuses.ts';
import type { TokenExchange } from '../domain/machines/exchange/exchange.ts';
import type { ManagementKeys } from '../domain/machines/management-keys.ts';
import type { Trusts } from '../domain/machines/trusts.ts';
import type { DeadLetters } from '../domain/notifications/dead-letters.ts';
import type { OrganizationOverviews } from '../domain/overview/organization-overview.ts';
import type { ProviderContact, ServerState, ShownSetting } from '../domain/overview/server-state.ts';
import type { SetUp } from '../domain/overview/set-up-steps.ts';
import type { TestMails } from '../domain/overview/test-mails.ts';
import type { Search } from '../domain/search/search.ts';
import type { AuthorizationCodes } from '../domain/sign-in/approval/authorization-codes.ts';
import type { DeviceFlow } from '../domain/sign-in/approval/device-flow.ts';
import type { Confirmations } from '../domain/sign-in/confirmation/confirmations.ts';
import type { MemberSessions } from '../domain/sign-in/member-sessions.ts';
import type { Passkeys } from '../domain/sign-in/passkeys/passkeys.ts';
import type { PasskeySignIn } from '../domain/sign-in/passkeys/sign-in.ts';
import type { PasswordPolicy } from '../domain/sign-in/password/password-policy.ts';
import type { PasswordReset } from '../domain/sign-in/password/password-reset.ts';
import type { Recovery } from '../domain/sign-in/recovery/recovery.ts';
import type { SecondFactor } from '../domain/sign-in/second-factor.ts';
import type { SessionLifetimes } from '../domain/sign-in/session-lifetimes.ts';
import type { Sessions } from '../domain/sign-in/sessions.ts';
import type { SsoConnection } from '../domain/sign-in/sso/connect.ts';
import type { Sso } from '../domain/sign-in/sso/sso.ts';
import type { Totp } from '../domain/sign-in/totp/totp.ts';
import type { SeenValues } from '../domain/tokens/changes/seen-values.ts';
import type { LastUsed } from '../domain/tokens/last-used.ts';
import type { RequestTests } from '../domain/tokens/rules/request-tests/request-tests.ts';
import type { Tokens } from '../domain/tokens/tokens.ts';
import type { DeniedUses } from '../domain/tokens/usage/denied-uses.ts';
import type { Suggestions } from '../domain/tokens/usage/suggestion.ts';
import type { UsageReader } from '../domain/tokens/usage/usage.ts';
import type { Verification, VerifiedToken } from '../domain/tokens/verify.ts';
import type { FailureLog } from '../observability/failure-log.ts';
import type { Log } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { IdentityProvider } from '../sso/provider.ts';
import type { SessionRecord, StatusContext } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { ClientIp } from './client-ip.ts';
import type { SessionCookie } from './session-cookie.ts';
import type { SsoLog } from './sso/sso-log.ts';
import type { CountedVerification } from './verify/counted-verify.ts';

/** The parts of Node's request that the Fetch API does not expose. Absent in tests that call the app directly. */
export interface Bindings {
  incoming?: {
    rawHeaders: string[];
    /** The request target, without the path of the public URL. */
    url?: string;
    httpVersion?: string;
    /** True once the whole body has arrived. */
    complete?: boolean;
    socket: { remoteAddress?: string | undefined; destroyed?: boolean; destroy?: () => unknown };
  };
}

/** The environment of every Hono handler: the Node bindings and the variables that the middleware sets. */
export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    requestId: string;
    clientInfo: ClientInfo;
    /** Set on routes and pages that need a session. Undefined if the request presented a management key. */
    caller: Caller;
    /** Set on routes that need a session or a management key: the same as `caller`, or the key. */
    operator: Operator;
    /** True once the use of a management key by this request was recorded. */
    keyUseRecorded: boolean;
    /** Set together with `caller`. */
    session: SessionRecord;
    /** Set on routes for scanners. Undefined while the signature of the request was not checked. */
    reporter: Reporter;
    /** Set on routes where a token reads or revokes itself. */
    presentedToken: VerifiedToken;
    /** Set on pages with a form that redirects to another origin: the origins to allow in `form-action`. */
    formTargets: string[];
    /** Set on pages that need a session: whether the member, who is not a superuser, maintains a service account. */
    maintains: boolean;
    /** Set on pages: the anti-forgery value of every form, bound to the visitor's cookie. */
    formToken: string;
  };
}

export type AppContext = Context<AppEnv>;

/**
 * The dependencies of the HTTP app and the console. `tokensd serve` creates each of them once, and so does the test app.
 * A route, page or middleware factory takes a `Pick` of the ones that it uses.
 */
export interface AppDeps {
  tokens: Tokens;
  hashStatuses: HashStatuses;
  leaks: Leaks;
  /** Null if signatures of GitHub's secret scanning are not accepted. */
  alertSignatures: AlertSignatures | null;
  usage: UsageReader;
  suggestions: Suggestions;
  requestTests: RequestTests;
  overviews: OrganizationOverviews;
  setUp: SetUp;
  users: Members;
  memberData: MemberData;
  offboarding: Offboarding;
  serviceAccounts: ServiceAccounts;
  search: Search;
  invitations: Invitations;
  ownProfile: OwnProfile;
  unbinding: Unbinding;
  sessions: Sessions;
  memberSessions: MemberSessions;
  sessionLifetimes: SessionLifetimes;
  confirmations: Confirmations;
  audit: AuditLog;
  deadLetters: DeadLetters;
  clients: Clients;
  apps: Apps;
  trusts: Trusts;
  webhooks: Webhooks;
  deliveries: Deliveries;
  tokenExchange: TokenExchange;
  deviceFlow: DeviceFlow;
  authorizationCodes: AuthorizationCodes;
  totp: Totp;
  secondFactor: SecondFactor;
  passkeys: Passkeys;
  passkeySignIn: PasskeySignIn;
  passwordPolicy: PasswordPolicy;
  recovery: Recovery;
  passwordReset: PasswordReset;
  /** Null if single sign-on is not configured. */
  sso: Sso | null;
  /** Null if single sign-on is not configured. */
  ssoConnection: SsoConnection | null;
  /** Null if single sign-on is not configured. */
  identityProvider: IdentityProvider | null;
  ssoContact: { last(): ProviderContact | null };
  versions: { tokensd: string; node: string };
  /** The effective settings, for the console. */
  shownSettings: readonly ShownSetting[];
  /** Whether a mail server is configured. Without one, mails are written to files and reach nobody. */
  sendsMail: boolean;
  testMails: TestMails;
  serverState: ServerState;
  managementKeys: ManagementKeys;
  lastUsed: Pick<LastUsed, 'record'>;
  canaryUses: Pick<CanaryUses, 'record'>;
  seenValues: Pick<SeenValues, 'record'>;
  deniedUses: Pick<DeniedUses, 'record' | 'recordEnded'>;
  verify: CountedVerification['verify'];
  verifyRequest: CountedVerification['verifyRequest'];
  findApp: Verification['findApp'];
  metrics: Pick<Metrics, 'countVerification' | 'countResponse' | 'countRefusal' | 'expose'>;
  store: Pick<Store, 'ping' | 'schemaIsCurrent'>;
  clock: Clock;
  /** Returns the current inputs of a token's status, such as the time. */
  statusContext: () => StatusContext;
  clientIp: ClientIp;
  sessionCookie: SessionCookie;
  log: Log;
  failureLog: FailureLog;
  ssoLog: SsoLog;
  config: Pick<
    Config,
    | 'publicUrl'
    | 'tokenPrefix'
    | 'internalListen'
    | 'maxExpiry'
    | 'defaultExpiry'
    | 'organization'
    | 'oidc'
    | 'requireTotp'
  >;
}

/**
 * Returns the request's header names and values, alternating. Behind the Node adapter these are the raw headers, in which
 * repeated fields are still separate. Without it the Fetch API has already joined them.
 */
export function rawHeadersOf(c: AppContext): readonly string[] {
  return c.env?.incoming?.rawHeaders ?? [...c.req.raw.headers].flat();
}
