import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Config, hostAndPort, readConfig, unknownSettings } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { CommandError, type Context } from '../context.ts';
import { systemClock } from '../domain/clock.ts';
import { createLastUsed } from '../domain/tokens/last-used.ts';
import { createApp } from '../http/app.ts';
import { createClientIp } from '../http/client-ip.ts';
import { createDrain } from '../http/drain.ts';
import { createIntrospectionHandler } from '../http/oauth/introspection.ts';
import { createHttpServer } from '../http/server.ts';
import { createSessionCookie } from '../http/session-cookie.ts';
import { createCountedVerify } from '../http/verify/counted-verify.ts';
import { createVerifyHandler } from '../http/verify/handler.ts';
import { createNormalizeRequest } from '../http/verify/observed-request.ts';
import { createClockSetBack } from '../jobs/clock-set-back.ts';
import { createFlushLastUsed, flushLastUsed } from '../jobs/flush-last-used.ts';
import { createPurge } from '../jobs/purge.ts';
import { startJobs } from '../jobs/runner.ts';
import { createSendMail, sendMailJob } from '../jobs/send-mail.ts';
import type { Mailer } from '../mail/mailer.ts';
import { createSpoolMailer } from '../mail/spool.ts';
import { createLog, type Log } from '../observability/log.ts';
import { createMetrics, type Metrics } from '../observability/metrics.ts';
import { createServices } from '../services.ts';
import type { IdentityProvider } from '../sso/provider.ts';
import { countEvents } from '../store/count-events.ts';
import { StoreUnavailable } from '../store/errors.ts';
import { AlreadyRunning, lockForDaemon, openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { ownVersion } from '../version.ts';

/** How long stopping waits for mails in progress. A mail that is cut off after the server accepted it is sent twice. */
const mailGraceMs = 3_000;

/** Runs the daemon and resolves once it has stopped. @throws CommandError if it cannot start */
export async function runServe(context: Context): Promise<void> {
  const config = readConfig(context.env);
  const log = createLog(config.logLevel, (line) => context.stderr.write(line));
  for (const name of unknownSettings(context.env)) log.warn({ name }, 'unknown setting ignored');
  prepareDataDir(config.dataDir);
  const lock = await lockForDaemon(config.databaseUrl).catch(toCommandError);
  try {
    const metrics = createMetrics(ownVersion());
    const store = await openStore(config.databaseUrl, metrics.countDatabaseError);
    try {
      const counted = countEvents(store, metrics.countEvent);
      await serveStore({ context, config, log, metrics, store: counted, alone: lock.exclusive });
    } finally {
      await store.close();
    }
  } finally {
    await lock.release();
  }
}

interface ServeDeps {
  context: Context;
  config: Config;
  log: Log;
  metrics: Metrics;
  store: Store;
  /** Whether this process holds the lock of a SQLite database, so that no other daemon serves it. */
  alone: boolean;
}

async function serveStore(deps: ServeDeps): Promise<void> {
  const { context, config, log, store, alone } = deps;
  const stopping = new Promise<void>((resolve) => {
    let signalled = false;
    context.onStopSignal(() => {
      if (signalled) context.exitNow(1);
      signalled = true;
      resolve();
    });
  });
  const applied = await store.migrate();
  if (applied.length > 0) log.info({ applied }, 'database schema updated');
  if (alone) await requeueMails(store, log);

  const daemon = await assemble(deps);
  const drain = createDrain(daemon.server);
  try {
    const url = await listen(daemon.server, config);
    await warnIfNoMember(deps);
    log.info({ url, pid: context.pid }, 'listening');
    await stopping;
    log.info({}, 'stopping');
    await drain();
  } finally {
    await daemon.stop();
  }
  log.info({}, 'stopped');
}

async function warnIfNoMember({ context, log, store }: ServeDeps): Promise<void> {
  if (!(await store.users.isEmpty())) return;
  const command = `${context.programName} init --email you@example.com`;
  log.warn(
    { command },
    `there are no members yet; create the first superuser with \`${command}\` and the same TOKENSD_… settings`,
  );
}

/**
 * Makes mails due that the previous daemon left behind:
 *
 * - Leased mails: that daemon is gone, so nobody is sending them.
 * - Mails waiting for a retry: if the clock was set back while no daemon ran, their time would come too late.
 */
async function requeueMails({ outbox }: Store, log: Log): Promise<void> {
  try {
    await outbox.releaseAllLeases();
    await outbox.bringForward(systemClock.now());
  } catch (err) {
    // A full disk must not stop the daemon from verifying tokens. The mails become due later without this step.
    if (!(err instanceof StoreUnavailable)) throw err;
    log.error({ err }, 'mails could not be requeued at start-up and are sent later');
  }
}

async function assemble({ config, log, metrics, store }: ServeDeps) {
  const clock = systemClock;
  const clientIp = createClientIp(config.trustedProxies);
  const mailer = await createMailer(config);
  const mailQueued = () => jobs.wake(sendMailJob);
  const services = createServices({ store, clock, config, mailQueued, observeBatch: metrics.observeBatch });
  const lastUsed = createLastUsed({ normalize: createNormalizeRequest(clientIp) });
  const verify = createCountedVerify(services.verify, metrics.countVerification);
  metrics.collectProcessMetrics();
  metrics.registerGauges({ backlog: store.outbox.backlog, now: clock.now, pendingLastUses: lastUsed.pending });
  const identityProvider = await createIdentityProvider(config);
  const jobs = startJobs(
    [
      ...createSendMail({ store, auditTrail: services.auditTrail, mailer, clock, log }),
      createFlushLastUsed(lastUsed, store.tokens, clock),
      createClockSetBack({ outbox: store.outbox, clock, log }),
      createPurge({ store, clock }),
    ],
    log,
  );
  const sessionCookie = createSessionCookie(config.publicUrl);
  const deps = {
    ...services,
    verify,
    lastUsed,
    identityProvider,
    sessionCookie,
    store,
    clock,
    clientIp,
    metrics,
    log,
    config,
  };
  const server = createHttpServer({
    verifyHandler: createVerifyHandler(deps),
    introspectionHandler: createIntrospectionHandler(deps),
    app: createApp(deps),
  });
  return {
    server,
    /** Stops the jobs and writes the last uses. Call it after the server has closed, when no more uses are recorded. */
    async stop() {
      const cutOff = setTimeout(() => void mailer.close(), mailGraceMs);
      await jobs.stop();
      clearTimeout(cutOff);
      await mailer.close();
      await flushLastUsed(lastUsed, store.tokens, clock.now());
    },
  };
}

// Nodemailer's SMTP client and the OIDC client are imported only if configured, because each costs memory.
async function createMailer({ smtpUrl, dataDir, mailFrom }: Config): Promise<Mailer> {
  if (smtpUrl === null) return createSpoolMailer({ directory: join(dataDir, 'mail'), from: mailFrom });
  const { createSmtpMailer } = await import('../mail/smtp.ts');
  return createSmtpMailer({ url: smtpUrl, from: mailFrom });
}

async function createIdentityProvider({ oidc, publicUrl }: Config): Promise<IdentityProvider | null> {
  if (oidc === null) return null;
  const { createOidcProvider } = await import('../sso/oidc.ts');
  return createOidcProvider(oidc, publicUrl);
}

async function listen(server: Server, { listen: { host, port } }: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'another program uses this port' : (cause.code ?? cause.message);
      reject(
        new CommandError(
          `Cannot listen on ${hostAndPort(host, port)}: ${reason}. Set TOKENSD_LISTEN to a free address and port.`,
          1,
        ),
      );
    });
    server.listen({ host, port }, resolve);
  });
  const { address, port: bound } = server.address() as AddressInfo;
  return `http://${hostAndPort(address, bound)}`;
}

function toCommandError(error: unknown): never {
  if (error instanceof AlreadyRunning) throw new CommandError(error.message, 1);
  throw error;
}
