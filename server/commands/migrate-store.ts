import { existsSync } from 'node:fs';
import { parseUrl } from '../../shared/urls.ts';
import { readConfig } from '../config/config.ts';
import { databaseUrlMistake } from '../config/database-url.ts';
import { CommandError, type Context } from '../context.ts';
import { StoreUnavailable } from '../store/errors.ts';
import { type MoveProgress, moveStore, NotEmpty } from '../store/maintenance/move.ts';
import { lockForDaemon } from '../store/open.ts';

export interface MoveOptions {
  from: string;
  to: string;
}

/**
 * Moves every table from SQLite to PostgreSQL:
 *
 * 1. Lock the SQLite database, so that no daemon writes to it.
 * 2. In one PostgreSQL transaction: copy each table, read it back, and compare it with the source.
 * 3. Commit. If anything fails before, the target stays empty.
 *
 * After a complete move, another run only compares. It is therefore safe to repeat a run that was interrupted, even
 * during the commit.
 *
 * @throws ConfigError if a setting is invalid, although the URLs come from the command line
 * @throws CommandError 2 for invalid URLs, 5 if the target holds other data
 * @throws AlreadyRunning if a daemon uses the SQLite database
 */
export async function runMigrateStore(context: Context, { from, to }: MoveOptions): Promise<void> {
  readConfig(context.env);
  checkUrls(from, to);
  if (parseUrl(to) !== null && new URL(to).password !== '') {
    context.stderr.write(
      'Other users of this machine can see a password on the command line. Set PGPASSWORD instead.\n',
    );
  }
  const lock = await lockForDaemon(from);
  const progress = await createProgress(context);
  try {
    const { rows, alreadyMoved } = await moveStore({ from, to }, progress.update);
    progress.stop();
    const list = Object.entries(rows).map(([table, total]) => `${table.replaceAll('_', ' ')} ${total}`);
    context.stderr.write(
      `${alreadyMoved ? 'The target already holds everything. Rows compared' : 'Moved and compared. Rows'}: ${list.join(', ')}.\n` +
        'Set TOKENSD_DATABASE_URL to the new database and start tokensd. Never serve the old file again: tokens revoked from now on are still active in it.\n',
    );
  } catch (error) {
    progress.stop();
    if (error instanceof NotEmpty) throw new CommandError(error.message, 5);
    if (error instanceof StoreUnavailable) throw new CommandError(`${error.message} Run the same command again.`, 1);
    throw error;
  } finally {
    await lock.release();
  }
}

function checkUrls(from: string, to: string): void {
  if (!/^sqlite:./.test(from)) throw new CommandError('--from must be sqlite:/path/to/file.', 2);
  const mistake = /^postgres(ql)?:\/\/./.test(to)
    ? databaseUrlMistake(to)
    : 'must be postgres://user@host:5432/database';
  if (mistake !== null) throw new CommandError(`--to ${mistake}.`, 2);
  if (!existsSync(from.slice('sqlite:'.length)))
    throw new CommandError(`There is no database at ${from}. Check the path in --from.`, 2);
}

/** Creates a progress bar on a terminal, or else a reporter that prints one line per table and phase. */
async function createProgress({ stderr }: Context): Promise<{ update(step: MoveProgress): void; stop(): void }> {
  if (!stderr.isTTY) {
    let printed = '';
    return {
      update({ phase, table, total }) {
        if (table !== printed) stderr.write(`${phase === 'copying' ? 'Moving' : 'Checking'} ${table} (${total})\n`);
        printed = table;
      },
      stop() {},
    };
  }
  const { SingleBar } = await import('cli-progress');
  const format = '{phase} {table} [{bar}] {value}/{total}';
  const bar = new SingleBar({ format, stream: stderr as unknown as NodeJS.WritableStream, hideCursor: true });
  let current = '';
  return {
    update({ phase, table, done, total }) {
      if (`${phase} ${table}` !== current) {
        bar.stop();
        bar.start(total, 0, { phase, table });
      }
      current = `${phase} ${table}`;
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
