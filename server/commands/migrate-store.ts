import { existsSync } from 'node:fs';
import { CommandError, type Context } from '../context.ts';
import { StoreUnavailable } from '../store/errors.ts';
import { type MoveProgress, moveStore, NotEmpty } from '../store/maintenance/move.ts';
import { lockForDaemon } from '../store/open.ts';

export interface MoveOptions {
  from: string;
  to: string;
}

/** @throws CommandError 2 for URLs that do not fit, 5 if the target holds something else; AlreadyRunning */
export async function runMigrateStore(context: Context, { from, to }: MoveOptions): Promise<void> {
  checkUrls(from, to);
  if (URL.canParse(to) && new URL(to).password !== '') {
    context.stderr.write(
      'Others on this machine can see a password on the command line: leave it out and set PGPASSWORD.\n',
    );
  }
  const lock = await lockForDaemon(from);
  const bar = await createBar(context);
  try {
    const { rows, already } = await moveStore({ from, to }, bar.update);
    bar.stop();
    const list = Object.entries(rows).map(([table, count]) => `${count} ${table.replaceAll('_', ' ')}`);
    context.stderr.write(
      `${already ? 'Everything was moved already; compared' : 'Moved and compared'}: ${list.join(', ')}.\n` +
        'Set TOKENSD_DATABASE_URL to the new database and start tokensd. Keep the old file as a backup only: what is revoked from now on still works there.\n',
    );
  } catch (error) {
    bar.stop();
    if (error instanceof NotEmpty) throw new CommandError(error.message, 5);
    if (error instanceof StoreUnavailable) throw new CommandError(`${error.message} Run the same command again.`, 1);
    throw error;
  } finally {
    await lock.release();
  }
}

function checkUrls(from: string, to: string): void {
  if (!/^sqlite:./.test(from)) throw new CommandError('--from must be sqlite:/path/to/file.', 2);
  if (!/^postgres(ql)?:\/\/./.test(to)) throw new CommandError('--to must be postgres://user@host:5432/database.', 2);
  if (!existsSync(from.slice('sqlite:'.length))) throw new CommandError(`There is no database at ${from}.`, 2);
}

/** A bar on a terminal; elsewhere one line for each table. */
async function createBar({ stderr }: Context): Promise<{ update(step: MoveProgress): void; stop(): void }> {
  if (!stderr.isTTY) {
    let told = '';
    return {
      update({ phase, table, total }) {
        if (table !== told) stderr.write(`${phase === 'copying' ? 'Moving' : 'Checking'} ${table} (${total})\n`);
        told = table;
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
