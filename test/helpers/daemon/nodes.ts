import { afterAll, beforeAll } from 'vitest';
import { type PostgresKind, startPostgres, type TestPostgres } from '../peers/postgres.ts';
import { type Client, signIn } from './api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from './daemon.ts';

export interface Nodes {
  postgres: TestPostgres;
  databaseUrl: string;
  daemons: Daemon[];
  /** A superuser who is signed in at the first daemon. */
  root: Client;
  /** Starts another daemon on the same database. */
  start(env?: Record<string, string>): Promise<Daemon>;
}

/** Starts a PostgreSQL server and `count` daemons on one of its databases, for the tests of one file or block. */
export function useNodes(
  kind: PostgresKind,
  count: number,
  settings: () => Record<string, string> = () => ({}),
): () => Nodes {
  let nodes: Nodes | undefined;
  const cleanups: Array<() => Promise<unknown>> = [];

  beforeAll(async () => {
    const postgres = await startPostgres(kind, { durable: true });
    cleanups.push(() => postgres.remove());
    const databaseUrl = await postgres.newDatabase();
    const env = { TOKENSD_DATABASE_URL: databaseUrl, TOKENSD_LOG_LEVEL: 'info', ...settings() };
    const { dataDir, remove } = await prepareDaemon(env);
    cleanups.push(remove);
    const start: Nodes['start'] = async (more) => {
      const daemon = await startDaemon(dataDir, { ...env, ...more });
      cleanups.push(() => daemon.stop('SIGKILL'));
      return daemon;
    };
    const daemons = await Promise.all(Array.from({ length: count }, () => start()));
    const root = await signIn(daemons[0]?.url ?? '', superuser);
    nodes = { postgres, databaseUrl, daemons, root, start };
  }, 60_000);

  afterAll(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  return () => {
    if (nodes === undefined) throw new Error('The nodes are available inside a test only');
    return nodes;
  };
}
