import type { Server } from 'node:http';
import type { Config } from '../../config/config.ts';
import { type Clock, createSharedClock } from '../../domain/clock.ts';
import { createCanaryUses } from '../../domain/leaks/canary-uses.ts';
import { createIds } from '../../domain/secrets.ts';
import { startIdlePolicy } from '../../domain/tokens/idle.ts';
import { createLastUsed } from '../../domain/tokens/last-used.ts';
import { createDayTotals } from '../../domain/tokens/usage/day-totals.ts';
import { createDeniedUses } from '../../domain/tokens/usage/denied-uses.ts';
import { createRecordUsage } from '../../domain/tokens/usage/record-usage.ts';
import { createUseCounter } from '../../domain/tokens/usage/use-counter.ts';
import { createClientIp } from '../../http/client-ip.ts';
import { createServers } from '../../http/internal/servers.ts';
import { auditObject } from '../../http/representations.ts';
import { createSessionCookie } from '../../http/session-cookie.ts';
import { createSsoLog } from '../../http/sso/sso-log.ts';
import { createCountedVerification } from '../../http/verify/counted-verify.ts';
import { createNormalizeRequest } from '../../http/verify/observed-request.ts';
import { createReadUse } from '../../http/verify/read-use.ts';
import { createAuditOrder } from '../../jobs/audit-order.ts';
import { createAuditRetention } from '../../jobs/audit-retention.ts';
import { createClockSetBack } from '../../jobs/clock-set-back.ts';
import { createLeakDigestJob, createNoticeJob, createShortLivedJob } from '../../jobs/collected-mails.ts';
import { createEraseMails } from '../../jobs/erasure/erase-mails.ts';
import { createFinishErasures } from '../../jobs/erasure/finish-erasures.ts';
import { createFlushCanaries } from '../../jobs/flush-canaries.ts';
import { createFlushLastUsed, flushLastUsed } from '../../jobs/flush-last-used.ts';
import { createFlushSeenValues } from '../../jobs/flush-seen-values.ts';
import { createFlushDeniedUses, createFlushUsage } from '../../jobs/flush-usage.ts';
import { createMeasureClock } from '../../jobs/measure-clock.ts';
import { createPreviousNoticesJob } from '../../jobs/previous-notices.ts';
import { createPurge } from '../../jobs/purge.ts';
import { createPurgeSpool } from '../../jobs/purge-spool.ts';
import { type Jobs, startJobs } from '../../jobs/runner.ts';
import { createSendMail, sendMailJob } from '../../jobs/send-mail.ts';
import { createUnlockJob } from '../../jobs/unlock.ts';
import { createSendWebhooks } from '../../jobs/webhooks/send-webhooks.ts';
import { checkSender } from '../../mail/check-sender.ts';
import { createFailureLog } from '../../observability/failure-log.ts';
import type { Log } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { createServices } from '../../services.ts';
import { createLastContact, type LastContact } from '../../sso/last-contact.ts';
import type { IdentityProvider } from '../../sso/provider.ts';
import type { Store } from '../../store/store.ts';
import { nodeVersion, ownVersion } from '../../version.ts';
import { createHttpSender } from '../../webhooks/http-sender.ts';
import { createMailer, deleteMailFiles, deleteMailFilesNaming } from '../create-mailer.ts';

/**
 * How long a stop waits for mails and webhooks in progress. A message that is cut off after the other side accepted it is sent
 * twice.
 */
const sendingGraceMs = 3_000;

interface DaemonDeps {
  config: Config;
  log: Log;
  metrics: Metrics;
  store: Store;
}

/** A daemon whose servers are ready to listen, and whose jobs have not begun. */
export interface Daemon {
  server: Server;
  /** Serves proxies and monitoring; null: `server` does. */
  internalServer: Server | null;
  /** Starts the jobs. Call it once the servers listen, so that a daemon that cannot start sends no mail. */
  startJobs(): void;
  /**
   * Finishes the acknowledged work, stops the jobs and writes the last uses, the denied requests and the counts of uses. Call it
   * after the server has closed, when nothing more is accepted or recorded.
   */
  stop(): Promise<void>;
}

/** Wires the servers, the jobs and the domain to one store. */
export async function createDaemon({ config, log, metrics, store }: DaemonDeps): Promise<Daemon> {
  const clock = createSharedClock(store.clock);
  const clientIp = createClientIp(config.trustedProxies);
  const mailer = await createMailer(config);
  const sender = checkSender(config);
  if (sender.state === 'warning') log.warn({ setting: 'TOKENSD_MAIL_FROM' }, sender.detail);
  let jobs: Jobs | null = null;
  const mailQueued = () => jobs?.wake(sendMailJob);
  const workLost = (err: unknown) => log.error({ err }, 'a password link was asked for and could not be mailed');
  const policyStarts = await startIdlePolicy(store, config.maxIdle, clock.now());
  const { observeBatch } = metrics;
  const services = createServices({
    ...{ store, clock, config, policyStarts, mailQueued, observeBatch, workLost },
    deleteMailsNaming: (erased) => deleteMailFilesNaming(config, erased),
  });
  const useCounter = createUseCounter(createReadUse(clientIp));
  const normalize = createNormalizeRequest(clientIp);
  const lastUsed = createLastUsed({ normalize, countUses: useCounter.allowed });
  const newId = createIds(clock);
  const deniedUses = createDeniedUses({ store, clock, newId, normalize, counter: useCounter });
  const writerId = newId();
  const recordUsage = createRecordUsage({ store, clock, writerId, counter: useCounter, networks: services.networks });
  const { auditTrail, notifier } = services;
  const canaryUses = createCanaryUses({ store, clock, newId, auditTrail, notifier, normalize, counter: useCounter });
  const dayTotals = createDayTotals({ store, clock, writerId: newId() });
  const counting = [metrics.countVerification, canaryUses.record, dayTotals.count] as const;
  const countedVerification = createCountedVerification(services, ...counting);
  metrics.collectProcessMetrics();
  metrics.registerGauges({
    backlog: store.outbox.backlog,
    deliveries: store.deliveries.backlog,
    countExpiring: store.tokens.countExpiring,
    countOrphaned: store.serviceAccounts.countOrphaned,
    now: clock.now,
    pendingLastUses: lastUsed.pending,
  });
  const ssoContact = createLastContact(clock);
  const identityProvider = await createIdentityProvider(config, { clock, log, contact: ssoContact });
  const { completeMail, sessionLifetimes } = services;
  const webhookSender = createHttpSender({ urls: services.webhookUrls, userAgent: `tokensd/${ownVersion()}` });
  const webhookJob = createSendWebhooks({
    ...{ store, clock, auditTrail, notifier, metrics, log },
    ...{ sender: webhookSender, represent: auditObject, publicUrl: config.publicUrl },
  });
  const jobList = [
    webhookJob.job,
    ...createSendMail({ store, auditTrail, completeMail, mailer, clock, log }),
    createFlushLastUsed(lastUsed, store.tokens, clock),
    createFlushSeenValues(services.seenValues, store.tokens, clock),
    createFlushCanaries(canaryUses),
    createFlushDeniedUses(deniedUses),
    createFlushUsage(recordUsage, useCounter, dayTotals),
    createClockSetBack({ outbox: store.outbox, deliveries: store.deliveries, clock, log }),
    createMeasureClock(store.clock),
    createAuditOrder(store),
    createAuditRetention({ store, clock, config }),
    createFinishErasures(services.erasures),
    createEraseMails(services.erasures),
    createPurgeSpool((before) => deleteMailFiles(config, before), clock),
    createPurge({ store, clock, sessionLifetimes, config }),
    createNoticeJob(services.tokenNotices),
    createShortLivedJob(services.shortLivedMails),
    createLeakDigestJob(services.tellOfLeaks),
    createUnlockJob(services.unlock),
    createPreviousNoticesJob(services.notifyOfPreviousUses),
  ];
  const sessionCookie = createSessionCookie(config.publicUrl);
  const collaborators = {
    ...countedVerification,
    lastUsed,
    canaryUses,
    deniedUses,
    identityProvider,
    ssoContact,
    sessionCookie,
  };
  const deps = {
    ...services,
    ...collaborators,
    store,
    clock,
    clientIp,
    metrics,
    log,
    versions: { tokensd: ownVersion(), node: nodeVersion() },
    failureLog: createFailureLog(log),
    ssoLog: createSsoLog(log),
    config,
  };
  return {
    ...createServers(deps),
    startJobs() {
      jobs = startJobs(jobList, log);
    },
    async stop() {
      await services.acceptedWork.finish();
      const closeSenders = () => Promise.all([mailer.close(), webhookSender.close()]);
      const cutOff = setTimeout(() => void closeSenders(), sendingGraceMs);
      await jobs?.stop();
      await webhookJob.drain();
      clearTimeout(cutOff);
      await closeSenders();
      await inTurn([
        // Passes the uses of the last second to the counter, too.
        () => flushLastUsed(lastUsed, store.tokens, clock.now()),
        () => services.seenValues.flush(store.tokens, clock.now()),
        () => canaryUses.tellAll(),
        () => deniedUses.flush(),
        () => dayTotals.flush(),
        () => recordUsage.flush(),
      ]);
    },
  };
}

// The OIDC client is imported only if configured, because it costs memory.
async function createIdentityProvider(
  config: Config,
  deps: { clock: Clock; log: Log; contact: LastContact },
): Promise<IdentityProvider | null> {
  const { oidc } = config;
  if (oidc === null) return null;
  const [{ createOidcProvider }, { logProviderCheck }] = await Promise.all([
    import('../../sso/oidc.ts'),
    import('../../sso/start-check.ts'),
  ]);
  void logProviderCheck(config, deps);
  return createOidcProvider({ ...config, oidc }, deps.contact);
}

/** Calls all functions, one after the other, even if some of them fail. @throws the first error */
async function inTurn(work: ReadonlyArray<() => Promise<void>>): Promise<void> {
  const errors: unknown[] = [];
  for (const step of work) await step().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
