import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../daemon/daemon.ts';
import { eventually } from '../daemon/process.ts';
import { giveAway, unprivileged } from './postgres.ts';

export interface Pgbouncer {
  port: number;
  /** Leads to another server from now on. The connections of clients stay open. */
  moveTo(serverPort: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts pgbouncer with transaction pooling before a server on loopback, by default with fewer server connections than clients. */
export async function startPgbouncer(serverPort: number, { poolSize = 3 } = {}): Promise<Pgbouncer> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-pgbouncer-'));
  const port = await freePort();
  const userList = join(directory, 'users.txt');
  await writeFile(userList, '"tokens" "tokens"\n');
  const configFor = (target: number) => `
[databases]
* = host=127.0.0.1 port=${target} user=tokens password=tokens
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${userList}
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 200
`;
  const file = join(directory, 'pgbouncer.ini');
  await writeFile(file, configFor(serverPort));
  giveAway(directory);
  const [command, args] = unprivileged('/usr/sbin/pgbouncer', ['-q', file]);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`pgbouncer: ${output}`);
    const client = new pg.Client(`postgres://tokens:tokens@127.0.0.1:${port}/postgres`);
    client.on('error', () => {});
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    );
  }, 'pgbouncer to accept connections');
  return {
    port,
    async moveTo(target) {
      await writeFile(file, configFor(target));
      child.kill('SIGHUP');
    },
    async stop() {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 2_000).unref();
      await closed;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
