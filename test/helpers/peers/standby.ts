import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../daemon/daemon.ts';
import { eventually } from '../daemon/process.ts';
import { giveAway, unprivileged } from './postgres.ts';
import { postgresBinaries } from './real-parts.ts';

export interface Standby {
  port: number;
  /** Waits until the standby knows everything that the primary has committed. Ends a pause. */
  catchUp(): Promise<void>;
  /** Stops applying changes from the primary. */
  pause(): Promise<void>;
  /** Makes the standby a primary. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a hot standby of a server from Debian, on loopback. */
export async function startStandby(primaryPort: number): Promise<Standby> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-standby-'));
  giveAway(directory);
  const data = join(directory, 'data');
  const port = await freePort();
  const source = ['-h', '127.0.0.1', '-p', String(primaryPort), '-U', 'tokens', '--no-password'];
  const [copy, copyArgs] = unprivileged(join(postgresBinaries(), 'pg_basebackup'), [
    ...['-D', data, '--write-recovery-conf', '--checkpoint=fast', '--no-sync'],
    ...source,
  ]);
  const env = { ...process.env, PGPASSWORD: 'tokens' };
  execFileSync(copy, copyArgs, { cwd: directory, env, stdio: 'ignore' });
  const [command, args] = unprivileged(join(postgresBinaries(), 'postgres'), [
    ...['-D', data, '-p', String(port), '-k', directory, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    ...['-c', 'max_connections=500'],
  ]);
  const child = spawn(command, args, { cwd: directory, stdio: 'ignore' });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const ask = async (serverPort: number, sql: string) => {
    const client = new pg.Client(`postgres://tokens:tokens@127.0.0.1:${serverPort}/postgres`);
    client.on('error', () => {});
    await client.connect();
    return client.query(sql).finally(() => client.end());
  };
  const accepts = () =>
    ask(port, 'SELECT 1').then(
      () => true,
      () => false,
    );
  await eventually(accepts, 'the standby to accept connections');
  return {
    port,
    async catchUp() {
      await ask(port, 'SELECT pg_wal_replay_resume()');
      const { rows } = await ask(primaryPort, 'SELECT pg_current_wal_insert_lsn() AS position');
      const behind = `SELECT pg_last_wal_replay_lsn() < '${rows[0].position}' AS behind`;
      await eventually(async () => !(await ask(port, behind)).rows[0].behind, 'the standby to catch up');
    },
    pause: async () => void (await ask(port, 'SELECT pg_wal_replay_pause()')),
    promote: async () => void (await ask(port, 'SELECT pg_promote()')),
    async stop() {
      child.kill('SIGINT');
      await closed;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
