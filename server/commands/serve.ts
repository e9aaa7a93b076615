import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Config, hostAndPort, readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { isPortIgnored } from '../config/unknown-settings.ts';
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
import { announcement } from './announce.ts';
import { createDaemon } from './daemon.ts';
import { openDatabase } from './open-database.ts';

/** Runs the daemon and resolves once it has stopped. @throws CommandError if it cannot start */
export async function runServe(context: Context): Promise<void> {
  const config = readConfig(context.env);
  const log = createLog(config.logLevel, (line) => context.stderr.write(line));
  if (isPortIgnored(context.env)) log.warn({}, 'TOKENSD_PORT is not a setting and is ignored; set TOKENSD_LISTEN');
  prepareDataDir(config.dataDir);
  const lock = await lockForDaemon(config.databaseUrl).catch(toCommandError);
  try {
    const metrics = createMetrics(ownVersion());
    const store = await openDatabase(config, metrics.countDatabaseError);
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

  const daemon = await createDaemon(deps);
  const drain = createDrain(daemon.server);
  try {
    const url = await listen(daemon.server, config);
    await warnIfNoMember(deps);
    log.info({ url, pid: context.pid }, 'listening');
    if (context.stderr.isTTY) context.stderr.write(announcement(config));
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
 * Makes the unfinished mails of the previous daemon due:
 *
 * - Leased mails: that daemon is gone, so no process is sending them.
 * - Mails waiting for a retry: if the clock was set back while no daemon ran, the retry would come too late.
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
    server.listen({ host: host ?? undefined, port }, resolve);
  });
  const { address, port: bound } = server.address() as AddressInfo;
  return `http://${hostAndPort(address, bound)}`;
}

function toCommandError(error: unknown): never {
  if (error instanceof AlreadyRunning) throw new CommandError(error.message, 1);
  throw error;
}
