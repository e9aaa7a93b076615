import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Config, hostAndPort, readConfig, unknownSettings } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { CommandError, type Context } from '../context.ts';
import { systemClock } from '../domain/clock.ts';
import { createIds } from '../domain/secrets.ts';
import { createApp } from '../http/app.ts';
import { createClientIp } from '../http/client-ip.ts';
import { createDrain } from '../http/drain.ts';
import { createIntrospectionHandler } from '../http/oauth/introspection.ts';
import { createHttpServer } from '../http/server.ts';
import { createSessionCookie } from '../http/session-cookie.ts';
import { createVerifyHandler } from '../http/verify/handler.ts';
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

/** How long mails being sent may take then: one that is broken off too late goes out twice. */
const mailGraceMs = 3_000;

/** Resolves once the daemon has stopped in good order. @throws CommandError if it cannot start */
export async function runServe(context: Context): Promise<void> {
  const config = readConfig(context.env);
  const log = createLog(config.logLevel, (line) => context.stderr.write(line));
  for (const name of unknownSettings(context.env)) log.warn({ name }, 'no setting of this version: ignored');
  prepareDataDir(config.dataDir);
  const lock = await lockForDaemon(config.databaseUrl).catch(explainLock);
  try {
    const metrics = createMetrics(ownVersion());
    const store = await openStore(config.databaseUrl, metrics.databaseFailed);
    try {
      const counted = countEvents(store, metrics.happened);
      await serveStore({ context, config, log, metrics, store: counted, alone: lock.exclusive });
    } finally {
      await store.close();
    }
  } finally {
    await lock.release();
  }
}

interface Serving {
  context: Context;
  config: Config;
  log: Log;
  metrics: Metrics;
  store: Store;
  /** Whether no other daemon serves this database. */
  alone: boolean;
}

async function serveStore(serving: Serving): Promise<void> {
  const { context, config, log, store, alone } = serving;
  const stopping = new Promise<void>((resolve) => {
    let asked = false;
    context.onStopSignal(() => {
      if (asked) context.exitNow(1);
      asked = true;
      resolve();
    });
  });
  const applied = await store.migrate();
  if (applied.length > 0) log.info({ applied }, 'schema brought up to date');
  if (alone) await freeMails(store, log);

  const daemon = await assemble(serving);
  const drain = createDrain(daemon.server);
  try {
    const url = await listen(daemon.server, config);
    await tellHowToBegin(serving);
    log.info({ url, pid: context.pid }, 'listening');
    await stopping;
    log.info({}, 'stopping');
    await drain();
  } finally {
    await daemon.stop();
  }
  log.info({}, 'stopped');
}

async function tellHowToBegin({ context, log, store }: Serving): Promise<void> {
  if (!(await store.users.isEmpty())) return;
  const command = `${context.programName} init --email you@example.com`;
  log.warn(
    { command },
    `there is no member yet: make the first superuser with \`${command}\` and the same TOKENSD_… settings`,
  );
}

/** What a daemon before this one was sending, and what waits: its clock may have been set back while nobody looked. */
async function freeMails({ outbox }: Store, log: Log): Promise<void> {
  try {
    await outbox.releaseAllLeases();
    await outbox.bringForward(systemClock.now());
  } catch (err) {
    // A full disk must not keep verification from starting; these mails have their time all the same.
    if (!(err instanceof StoreUnavailable)) throw err;
    log.error({ err }, 'mails that waited are sent later');
  }
}

async function assemble({ config, log, metrics, store }: Serving) {
  const clock = systemClock;
  const clientIp = createClientIp(config.trustedProxies);
  const mailer = await createMailer(config);
  const mailQueued = () => jobs.wake(sendMailJob);
  const services = createServices({ store, clock, config, mailQueued, observeBatch: metrics.observeBatch });
  const { lastUsed } = services;
  metrics.watchProcess();
  metrics.watch({ backlog: store.outbox.backlog, now: clock.now, lastUsedWaiting: lastUsed.waiting });
  const identityProvider = await createIdentityProvider(config);
  const jobs = startJobs(
    [
      ...createSendMail({ store, newId: createIds(clock), mailer, clock, log }),
      createFlushLastUsed(lastUsed, store.tokens, clock),
      createClockSetBack({ outbox: store.outbox, clock, log }),
      createPurge({ store, clock }),
    ],
    log,
  );
  const sessionCookie = createSessionCookie(config.publicUrl);
  const deps = { ...services, identityProvider, sessionCookie, store, clock, clientIp, metrics, log, config };
  const server = createHttpServer({
    verifyHandler: createVerifyHandler(deps),
    introspectionHandler: createIntrospectionHandler(deps),
    app: createApp(deps),
  });
  return {
    server,
    /** Call it once the server has closed: nothing records a use any more. */
    async stop() {
      const breakOff = setTimeout(() => void mailer.close(), mailGraceMs);
      await jobs.stop();
      clearTimeout(breakOff);
      await mailer.close();
      await flushLastUsed(lastUsed, store.tokens, clock.now());
    },
  };
}

// What is not set up is not loaded: it would take its memory all the same.
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
      const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : (cause.code ?? cause.message);
      reject(new CommandError(`Cannot listen on ${hostAndPort(host, port)}: ${why}. Set TOKENSD_LISTEN.`, 1));
    });
    server.listen({ host, port }, resolve);
  });
  const { address, port: bound } = server.address() as AddressInfo;
  return `http://${hostAndPort(address, bound)}`;
}

function explainLock(error: unknown): never {
  if (error instanceof AlreadyRunning) throw new CommandError(error.message, 1);
  throw error;
}
