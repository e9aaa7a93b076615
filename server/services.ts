import type { Config } from './config/config.ts';
import { showSettings } from './config/describe-config.ts';
import { createAcceptedWork, type WorkLost } from './domain/accepted-work.ts';
import { createClients } from './domain/accounts/clients.ts';
import { createMemberData } from './domain/accounts/data/member-data.ts';
import { createErasures, type DeleteMailsNaming } from './domain/accounts/erasure/erasures.ts';
import { createInvitations } from './domain/accounts/invitations.ts';
import { createMembers } from './domain/accounts/members.ts';
import { createOffboarding } from './domain/accounts/offboarding/offboarding.ts';
import { createOwnProfile } from './domain/accounts/own-profile.ts';
import { createPasswords } from './domain/accounts/passwords.ts';
import { createServiceAccounts } from './domain/accounts/service-accounts/service-accounts.ts';
import { createUnbinding } from './domain/accounts/unbinding.ts';
import { createApps } from './domain/apps/apps.ts';
import { createAuditTrail } from './domain/audit.ts';
import { createAuditLog } from './domain/audit-log.ts';
import type { Clock } from './domain/clock.ts';
import { createDeliveries } from './domain/events/deliveries.ts';
import { createWebhookUrls } from './domain/events/webhook-url.ts';
import { createWebhooks } from './domain/events/webhooks.ts';
import { createLeakDigest } from './domain/leaks/digest.ts';
import { createLeaks } from './domain/leaks/leaks.ts';
import { createHashStatuses } from './domain/leaks/statuses.ts';
import { createBootstrap } from './domain/machines/bootstrap.ts';
import { createTokenExchange } from './domain/machines/exchange/exchange.ts';
import { createManagementKeys } from './domain/machines/management-keys.ts';
import { createTrusts } from './domain/machines/trusts.ts';
import { createDeadLetters } from './domain/notifications/dead-letters.ts';
import { createShortLivedMails } from './domain/notifications/digest/send-short-lived.ts';
import { createTokenNotices } from './domain/notifications/digest/token-notices.ts';
import { createNotifier } from './domain/notifications/notifier.ts';
import { createOrganizationOverviews } from './domain/overview/organization-overview.ts';
import { createServerState } from './domain/overview/server-state.ts';
import { createSetUp } from './domain/overview/set-up-steps.ts';
import { createTestMails } from './domain/overview/test-mails.ts';
import { createSearch } from './domain/search/search.ts';
import { createIds } from './domain/secrets.ts';
import { createAuthorizationCodes } from './domain/sign-in/approval/authorization-codes.ts';
import { createDeviceFlow } from './domain/sign-in/approval/device-flow.ts';
import { createConfirmations } from './domain/sign-in/confirmation/confirmations.ts';
import { createAuditFailedSignIn } from './domain/sign-in/failed-sign-ins.ts';
import { createCompleteMail } from './domain/sign-in/links/complete-mail.ts';
import { createMailedLinks } from './domain/sign-in/links/mailed-links.ts';
import { createMemberSessions } from './domain/sign-in/member-sessions.ts';
import { createChallenges } from './domain/sign-in/passkeys/challenges.ts';
import { createPasskeys } from './domain/sign-in/passkeys/passkeys.ts';
import { relyingPartyOf } from './domain/sign-in/passkeys/relying-party.ts';
import { createPasskeySignIn } from './domain/sign-in/passkeys/sign-in.ts';
import { createSignatures } from './domain/sign-in/passkeys/signatures.ts';
import { createPasswordPolicy } from './domain/sign-in/password/password-policy.ts';
import { createPasswordReset } from './domain/sign-in/password/password-reset.ts';
import { createSignInRateLimit } from './domain/sign-in/rate-limit/rate-limit.ts';
import { createUnlock } from './domain/sign-in/rate-limit/unlock.ts';
import { createRecovery } from './domain/sign-in/recovery/recovery.ts';
import { createSecondFactor } from './domain/sign-in/second-factor.ts';
import { createSessionLifetimes } from './domain/sign-in/session-lifetimes.ts';
import { createSessions } from './domain/sign-in/sessions.ts';
import { createSsoConnection } from './domain/sign-in/sso/connect.ts';
import { createSso } from './domain/sign-in/sso/sso.ts';
import { createStartSession } from './domain/sign-in/start-session.ts';
import { createTotp } from './domain/sign-in/totp/totp.ts';
import { createPreviousNotices } from './domain/tokens/changes/previous-notices.ts';
import { createSeenValues } from './domain/tokens/changes/seen-values.ts';
import { createIdlePolicy } from './domain/tokens/idle.ts';
import { createRequestTests } from './domain/tokens/rules/request-tests/request-tests.ts';
import { createStatusContext } from './domain/tokens/status.ts';
import { createTokens } from './domain/tokens/tokens.ts';
import { createNetworks } from './domain/tokens/usage/new-network.ts';
import { createSuggestions } from './domain/tokens/usage/suggestion.ts';
import { createUsageReader } from './domain/tokens/usage/usage.ts';
import { createVerification } from './domain/tokens/verify.ts';
import { renderMail } from './mail/templates/render.ts';
import { createAlertSignatures } from './sso/alerts/alert-signatures.ts';
import { createSubjectTokens } from './sso/workload/subject-tokens.ts';
import type { PolicyStart } from './store/records.ts';
import type { Store } from './store/store.ts';

interface ServicesDeps {
  store: Store;
  clock: Clock;
  config: Config;
  /** When the database was first served with `TOKENSD_MAX_IDLE`. Without it, no token is idle. */
  policyStarts?: readonly PolicyStart[];
  /** Called after a commit that enqueued mail. */
  mailQueued: () => void;
  /** Receives the number of tokens that each verification statement looks up. */
  observeBatch?: (tokens: number) => void;
  /** Deletes the files of mails that contain one of these addresses, if mails are written to files. */
  deleteMailsNaming?: DeleteMailsNaming;
  /** Receives the error of each task that was acknowledged and could not be done. */
  workLost?: WorkLost;
}

/** Creates the domain on one store. Creates each collaborator once and passes it to every part that uses it. */
export function createServices({
  store,
  clock,
  config,
  policyStarts = [],
  mailQueued,
  observeBatch,
  deleteMailsNaming = async () => {},
  workLost = () => {},
}: ServicesDeps) {
  const newId = createIds(clock);
  const auditTrail = createAuditTrail({ newId });
  const site = { organization: config.organization, publicUrl: config.publicUrl };
  const shortLivedDigestMs = config.shortLivedDigest * 1000;
  const notifier = createNotifier({ site, newId, render: renderMail, wake: mailQueued, shortLivedDigestMs });
  const sessionLifetimes = createSessionLifetimes(clock, config.sessionLimits);
  const startSession = createStartSession({ clock, newId, auditTrail, sessionLifetimes });
  const acceptedWork = createAcceptedWork(workLost);
  const idlePolicy = createIdlePolicy(policyStarts);
  const statusContext = createStatusContext(clock, config.ssoMaxAge, idlePolicy.maxIdleAt);
  const passwords = createPasswords();
  const rateLimit = createSignInRateLimit(store.limiter);
  const passwordPolicy = createPasswordPolicy(config.passwordSignIn);
  const links = createMailedLinks({ store, clock, publicUrl: config.publicUrl, passwordPolicy });
  const auditFailedSignIn = createAuditFailedSignIn({ store, auditTrail });
  const domain = { store, clock, newId, auditTrail, notifier, startSession, sessionLifetimes, statusContext };
  const shared = { ...domain, auditFailedSignIn, passwords, rateLimit, passwordPolicy, links };

  const totp = createTotp({ ...shared, issuer: config.organization ?? 'tokens', required: config.requireTotp });
  const sessions = createSessions({ ...shared, totp });
  const party = relyingPartyOf(config.publicUrl, config.organization);
  const challenges = createChallenges(shared);
  const signatures = createSignatures({ ...shared, challenges });
  const ofPasskeys = { ...shared, party, challenges, signatures };
  const policy = {
    productPrefix: config.tokenPrefix,
    maxPerUser: config.maxTokensPerUser,
    expiry: { maxSeconds: config.maxExpiry, defaultSeconds: config.defaultExpiry },
  };
  const webhookUrls = createWebhookUrls(config.webhookHosts);
  const erasures = createErasures({ store, clock, deleteMailsNaming });
  const usage = createUsageReader(shared);
  const verification = createVerification(store, statusContext, observeBatch);
  const invitations = createInvitations({
    ...shared,
    site: { publicUrl: config.publicUrl, sso: config.oidc !== null, mail: config.smtpUrl !== null },
  });
  return {
    acceptedWork,
    auditTrail,
    auditFailedSignIn,
    links,
    completeMail: createCompleteMail(shared),
    rateLimit,
    passwordPolicy,
    startSession,
    sessionLifetimes,
    statusContext,
    totp,
    sessions,
    memberSessions: createMemberSessions(shared),
    confirmations: createConfirmations({ ...ofPasskeys, hasSso: config.oidc !== null }),
    tokens: createTokens({ ...shared, policy, idlePolicy }),
    hashStatuses: createHashStatuses(shared),
    leaks: createLeaks({ ...shared, leakAction: config.leakAction }),
    tellOfLeaks: createLeakDigest(shared),
    alertSignatures:
      config.githubSecretScanningKeys === null
        ? null
        : createAlertSignatures({ clock, url: config.githubSecretScanningKeys, proxy: config.proxy }),
    seenValues: createSeenValues(),
    notifyOfPreviousUses: createPreviousNotices(shared),
    tokenNotices: createTokenNotices({
      ...shared,
      idle: idlePolicy,
      thresholdsMs: config.expiryNotices.map((seconds) => seconds * 1000),
    }),
    shortLivedMails: createShortLivedMails({ ...shared, windowMs: shortLivedDigestMs }),
    invitations,
    erasures,
    users: createMembers({ ...shared, invitations, erasures }),
    memberData: createMemberData(shared),
    offboarding: createOffboarding({ ...shared, policy }),
    serviceAccounts: createServiceAccounts(shared),
    search: createSearch({ store, statusContext }),
    ownProfile: createOwnProfile(shared),
    passwordReset: createPasswordReset({ ...shared, acceptedWork }),
    recovery: createRecovery(shared),
    unlock: createUnlock(shared),
    secondFactor: createSecondFactor({ ...ofPasskeys, sessions, totp }),
    passkeys: createPasskeys({ ...ofPasskeys, required: config.requireTotp }),
    passkeySignIn: createPasskeySignIn(ofPasskeys),
    audit: createAuditLog(shared),
    deadLetters: createDeadLetters(shared),
    clients: createClients(shared),
    apps: createApps(shared),
    managementKeys: createManagementKeys(shared),
    bootstrap: createBootstrap({ ...shared, policy }),
    trusts: createTrusts(shared),
    webhooks: createWebhooks({ ...shared, webhookUrls }),
    deliveries: createDeliveries(shared),
    webhookUrls,
    tokenExchange: createTokenExchange({
      ...shared,
      policy,
      publicUrl: config.publicUrl,
      subjectTokens: createSubjectTokens({ clock, proxy: config.proxy }),
    }),
    notifier,
    usage,
    suggestions: createSuggestions({ store, usage }),
    overviews: createOrganizationOverviews(shared),
    setUp: createSetUp({ ...shared, config }),
    serverState: createServerState(shared),
    testMails: createTestMails(shared),
    shownSettings: showSettings(config),
    sendsMail: config.smtpUrl !== null,
    networks: createNetworks({ notifier, enabled: config.newNetworkNotices }),
    sso: config.oidc && createSso({ ...shared, policy: config.oidc }),
    ssoConnection: config.oidc && createSsoConnection({ ...shared, policy: config.oidc }),
    unbinding: createUnbinding(shared),
    deviceFlow: createDeviceFlow(shared),
    authorizationCodes: createAuthorizationCodes(shared),
    requestTests: createRequestTests({ store, verification }),
    ...verification,
  };
}
