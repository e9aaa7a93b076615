import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../observability/log.ts';
import type { Metrics, RefusalReason } from '../../observability/metrics.ts';
import { createEpisodeLog } from './episode-log.ts';
import { type AdmissionLimits, createFairQueue, type Entry } from './fair-queue.ts';
import { refuse } from './refusal.ts';

export interface Admission {
  /**
   * Calls `start` now or later, or refuses the request with 503. If the client disconnects before, does nothing. Frees the
   * request's place when `res` closes.
   */
  admit(req: IncomingMessage, res: ServerResponse, start: () => void): void;
  /** Call it for every new connection. */
  connected(): void;
}

export interface AdmissionDeps {
  /** Returns the name of the group of requests that share their turns with this one. */
  laneOf(req: IncomingMessage): string;
  metrics: Pick<Metrics, 'countRefusal' | 'countResponse'>;
  log: Pick<Log, 'warn' | 'info'>;
  limits?: AdmissionLimits;
}

export const defaultLimits: AdmissionLimits = {
  maxInFlight: 128,
  maxInFlightPerLane: 64,
  maxWaiting: 1024,
  maxWaitingPerLane: 128,
  maxWaitMs: 2000,
  slowAfterMs: 200,
  maxSlow: 1024,
  maxSlowPerLane: 256,
};

/** How long starting requests may take in one turn of the event loop. At least one is started. */
const startingMs = 1;

/**
 * How many requests are refused in one turn of the event loop. A client that repeats its request sends the next one then.
 * Refusing and reading thousands at once would stop verification for that time.
 */
const maxRefusalsPerTurn = 4;

/**
 * How long work may be postponed because of new connections. Node accepts one in each turn of the event loop, so that a
 * verification on a new connection would otherwise wait for as many turns as there are connections before it.
 */
const maxPostponedMs = 5;

/** How often waiting requests are checked while none may start. */
const checkMs = 50;

interface Admitted extends Entry {
  req: IncomingMessage;
  res: ServerResponse;
  start(): void;
}

/**
 * Creates the admission of all requests but verifications. It bounds how long verifications wait for other work:
 *
 * - The number of requests in flight is bounded. More wait in a queue, in which lanes take turns. If the queue is full,
 *   requests are refused.
 * - After it has started or refused a few requests, it lets the event loop read all connections, so that verifications come
 *   first. A client that repeats its requests is thereby slowed down to what is served.
 */
export function createAdmission({ laneOf, metrics, log, limits = defaultLimits }: AdmissionDeps): Admission {
  const queue = createFairQueue<Admitted>(limits);
  const episode = createEpisodeLog(log);
  /** Requests that will get a 503, in the order in which they were refused. */
  const refused = new Set<Admitted>();
  let turnScheduled = false;
  let hasConnected = false;
  let workedAt = 0;
  /** When to stop starting requests in this turn of the event loop. */
  let startUntil = 0;
  let nextCheck: NodeJS.Timeout | undefined;

  function scheduleTurn(): void {
    if (!turnScheduled) setImmediate(runTurn);
    turnScheduled = true;
  }

  function runTurn(): void {
    turnScheduled = false;
    clearTimeout(nextCheck);
    nextCheck = undefined;
    const now = performance.now();
    if (hasConnected && now - workedAt < maxPostponedMs) {
      hasConnected = false;
      scheduleTurn();
      return;
    }
    workedAt = now;
    respondToRefused();
    for (const entry of queue.takeOverdue(now)) reject(entry, 'waited-too-long');
    if (queue.waiting() > 0) queue.releaseSlow(now);
    startUntil = performance.now() + startingMs;
    while (performance.now() < startUntil && startNext());
    if (queue.canTake() || refused.size > 0) scheduleTurn();
    else if (queue.waiting() > 0) nextCheck = setTimeout(scheduleTurn, checkMs);
  }

  /** Starts the next request. Returns false if none may start. */
  function startNext(): boolean {
    const entry = queue.take(performance.now());
    entry?.start();
    return entry !== null;
  }

  function reject(entry: Admitted, reason: RefusalReason): void {
    refused.add(entry);
    metrics.countRefusal(reason);
    episode.record();
  }

  function respondToRefused(): void {
    let count = 0;
    for (const entry of refused) {
      count += 1;
      if (count > maxRefusalsPerTurn) return;
      refused.delete(entry);
      refuse(entry.req, entry.res);
      metrics.countResponse(entry.req.method ?? '', 503);
    }
  }

  return {
    admit(req, res, startRequest) {
      const entry: Admitted = { req, res, start: startRequest, lane: laneOf(req), state: 'new', since: 0 };
      const loser = queue.add(entry, performance.now());
      if (loser !== null) reject(loser, 'queue-full');
      res.once('close', () => {
        refused.delete(entry);
        queue.remove(entry);
        if (queue.waiting() > 0) scheduleTurn();
      });
      const now = performance.now();
      if (!turnScheduled) startUntil = now + startingMs;
      if (now < startUntil) startNext();
      scheduleTurn();
    },
    connected() {
      hasConnected = true;
    },
  };
}
