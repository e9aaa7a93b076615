import { type Config, readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { readPassedSockets } from '../config/passed-sockets.ts';
import { isPortIgnored } from '../config/settings/unknown-settings.ts';
import { CommandError, type Context } from '../context.ts';
import { systemClock } from '../domain/clock.ts';
import { createDrain } from '../http/drain.ts';
import { createLog, type Log } from '../observability/log.ts';
import { createMetrics, type Metrics } from '../observability/metrics.ts';
import { countEvents } from '../store/count-events.ts';
import { StoreUnavailable } from '../store/errors.ts';
import { AlreadyRunning, lockForDaemon } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { ownVersion } from '../version.ts';
import { openDatabase } from './open-database.ts';
import { announcement } from './serve/announce.ts';
import { createDaemon } from './serve/daemon.ts';
import { openEventLog } from './serve/event-log.ts';
import { tuneGarbageCollection } from './serve/garbage-collection.ts';
import { listen } from './serve/listen.ts';
import { takeSockets } from './serve/take-sockets.ts';

/** Runs the daemon and resolves once it has stopped. @throws CommandError if it cannot start */
export async function runServe(context: Context): Promise<void> {
  tuneGarbageCollection();
  const settings = readConfig(context.env);
  const log = createLog(settings.logLevel, (line) => context.stderr.write(line));
  const config = takeSockets(settings, readPassedSockets(context.env, context.pid), log);
  if (isPortIgnored(context.env)) log.warn({}, 'TOKENSD_PORT is not a setting and is ignored; set TOKENSD_LISTEN');
  prepareDataDir(config.dataDir);
  const lock = await lockForDaemon(config.databaseUrl).catch(toCommandError);
  let logged = true;
  try {
    const metrics = createMetrics(ownVersion());
    const store = await openDatabase(config, metrics.countDatabaseError);
    try {
      const eventLog = openEventLog({ context, config, log, store });
      const counted = countEvents(eventLog?.observe(store) ?? store, metrics.countEvent);
      try {
        await serveStore({ context, config, log, metrics, store: counted, alone: lock.exclusive });
      } finally {
        logged = (await eventLog?.close()) ?? true;
      }
    } finally {
      await store.close();
    }
  } finally {
    await lock.release();
  }
  // A reader of standard output that reads nothing would keep the process alive.
  if (!logged) context.exitNow(0);
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

  const daemon = await createDaemon(deps);
  const { server, internalServer } = daemon;
  const drains = [server, ...(internalServer === null ? [] : [internalServer])].map(createDrain);
  try {
    const { internalListen } = config;
    const at = (setting: string) => ({ setting, withUmask: context.withUmask });
    const internal =
      internalServer === null || internalListen === null
        ? null
        : await listen(internalServer, internalListen, at('TOKENSD_INTERNAL_LISTEN'));
    const url = await listen(server, config.listen, at('TOKENSD_LISTEN'));
    if (alone) await requeueMails(store, log);
    daemon.startJobs();
    await warnIfNoMember(deps);
    log.info({ url, ...(internal !== null && { internal }), pid: context.pid }, 'listening');
    if (context.stderr.isTTY) context.stderr.write(announcement(config));
    await stopping;
    log.info({}, 'stopping');
  } finally {
    await Promise.all(drains.map((drain) => drain()));
    await daemon.stop();
  }
  log.info({}, 'stopped');
}

async function warnIfNoMember({ context, log, store }: ServeDeps): Promise<void> {
  if (!(await store.users.isEmpty())) return;
  const command = `${context.programName} init --email EMAIL`;
  log.warn(
    { command },
    `there are no members yet; create the first superuser with \`${command}\` and the same TOKENSD_… settings`,
  );
}

/**
 * Makes the unfinished mails and events for webhooks of the previous daemon due:
 *
 * - Leased mails: that daemon is gone, so no process is sending them.
 * - Mails waiting for a retry: if the clock was set back while no daemon ran, the retry would come too late.
 */
async function requeueMails({ outbox, deliveries }: Store, log: Log): Promise<void> {
  try {
    await outbox.releaseAllLeases();
    await outbox.bringForward(systemClock.now());
    await deliveries.releaseAllLeases();
    await deliveries.bringForward(systemClock.now());
  } catch (err) {
    // Ignore the error, because a full disk must not stop the daemon from verifying tokens. Without this step, the mails become
    // due later.
    if (!(err instanceof StoreUnavailable)) throw err;
    log.error({ err }, 'mails could not be requeued at start-up and are sent later');
  }
}

function toCommandError(error: unknown): never {
  if (error instanceof AlreadyRunning) throw new CommandError(error.message, 1);
  throw error;
}
