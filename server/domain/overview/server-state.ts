import type { WaitingMail } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { type Caller, requireScope } from '../caller.ts';

/** A setting of the process that serves this. */
export interface ShownSetting {
  name: string;
  /** The meaning of the setting in one sentence, with code between backticks. */
  meaning: string;
  /** The effective value. Null if there is none. A secret value is `set`. */
  value: string | null;
  /** `environment`, or the path of the file that the value comes from. Null: it is the default. */
  source: string | null;
}

/** When the identity provider was last asked for its discovery document, and whether it answered with a valid one. */
export interface ProviderContact {
  at: number;
  succeeded: boolean;
}

/** The database, and what is known about mail. */
export interface ServerFacts {
  /** The database with its version, such as `PostgreSQL 18.1`. */
  database: string;
  /** The name of the newest migration. */
  schema: string;
  mail: {
    lastSentAt: number | null;
    waiting: number;
    /** When the oldest mail that waits was written. */
    oldestAt: number | null;
    undelivered: number;
    /** The last error of a mail that waits for its next attempt. Null: no such mail has failed. Can quote the mail server. */
    error: string | null;
  };
}

export interface ServerState {
  /** @throws ProblemError `superuser-required` */
  read(caller: Caller): Promise<ServerFacts>;
}

/** How many mails are searched for one that failed. */
const maxSearched = 20;

export function createServerState({ store }: { store: Store }): ServerState {
  return {
    async read(caller) {
      requireScope(caller, 'audit:read');
      const { database, schema } = await store.describe();
      const { pending, dead, oldestAt } = await store.outbox.backlog();
      const waiting = pending === 0 ? [] : await store.outbox.waiting(maxSearched);
      const error = waiting.find((mail): mail is WaitingMail & { error: string } => mail.error !== null)?.error ?? null;
      const lastSentAt = await store.outbox.lastSentAt();
      return { database, schema, mail: { lastSentAt, waiting: pending, oldestAt, undelivered: dead, error } };
    },
  };
}
