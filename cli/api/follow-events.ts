import { limits } from '../../shared/limits.ts';
import type { AuditEvent } from '../../shared/schemas/audit.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import type { Page } from './pages.ts';
import { LostResponse } from './transport/network-errors.ts';

const pollMs = 1_000;
const maxWaitMs = 30_000;

export interface OrderedQuery {
  after: string;
  cursor?: string;
  limit: string;
}

type FollowContext = Pick<Context, 'signal' | 'sleep' | 'uuid'>;

export interface FollowOptions {
  read(query: OrderedQuery): Promise<Page<AuditEvent>>;
  /** Called when the server stops responding, and when it responds again. */
  onFailure(error: CliError): Promise<void>;
  onRecovery(): Promise<void>;
}

/**
 * Yields the events that are saved from now on, in the order in which they are saved, until `ctx.signal` aborts. Asks every second, and less often
 * while the server does not respond. Moves on only after the consumer has taken a page, so that no event is lost or repeated.
 *
 * @throws CliError if the server cannot be reached at first, or refuses to continue
 */
export async function* followEvents(ctx: FollowContext, options: FollowOptions): AsyncGenerator<readonly AuditEvent[]> {
  const limit = String(limits.maxPageSize);
  for (let query: OrderedQuery = { after: 'latest', limit }; ; ) {
    const page = await readPatiently(ctx, options, query);
    if (page.items.length > 0) yield page.items;
    query = nextQuery(query, page);
    if (page.next_cursor === null || page.items.length === 0) await ctx.sleep(pollMs * (0.8 + 0.4 * random(ctx)));
  }
}

/** Reads a page. Repeats the request while the server does not respond. */
async function readPatiently(
  ctx: FollowContext,
  { read, onFailure, onRecovery }: FollowOptions,
  query: OrderedQuery,
): Promise<Page<AuditEvent>> {
  for (let failures = 0; ; failures += 1) {
    try {
      const page = await read(query);
      if (failures > 0) await onRecovery();
      return page;
    } catch (error) {
      if (ctx.signal.aborted || !isTemporary(error, query)) throw error;
      if (failures === 0) await onFailure(error);
      await ctx.sleep(waitMs(ctx, failures, error.retryAfterSeconds));
    }
  }
}

/** Returns the query after a page. Without any event yet, that is the first event. */
function nextQuery(query: OrderedQuery, { items, next_cursor: cursor }: Page<AuditEvent>): OrderedQuery {
  const { limit } = query;
  const last = items.at(-1);
  if (last !== undefined) return { after: last.id, limit };
  if (query.after !== 'latest') return query;
  return cursor === null ? { after: '', limit } : { after: '', cursor, limit };
}

function isTemporary(error: unknown, { after }: OrderedQuery): error is CliError {
  // At first, the address is more likely to be wrong than the server to be down.
  if (error instanceof LostResponse) return error.problem.code !== 'not-tokensd' && after !== 'latest';
  return error instanceof CliError && (error.problem.status >= 500 || error.problem.status === 429);
}

/** Returns a time that doubles with each failure, with a random part, so that many readers do not all return at once. */
function waitMs(ctx: Pick<Context, 'uuid'>, failures: number, retryAfterSeconds: number | null): number {
  const backOff = Math.min(maxWaitMs, pollMs * 2 ** failures) * (0.5 + 0.5 * random(ctx));
  return Math.max(backOff, (retryAfterSeconds ?? 0) * 1000);
}

/** Returns a random number from 0 to 1. */
function random({ uuid }: Pick<Context, 'uuid'>): number {
  return (
    Number.parseInt(
      uuid()
        .replaceAll(/[^0-9a-f]/g, '')
        .slice(0, 8),
      16,
    ) /
    2 ** 32
  );
}
