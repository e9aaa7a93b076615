import type { ProblemError } from '../../shared/problem.ts';
import { createOutage, type Log } from './log.ts';

/** Requests with a safe method only read (RFC 9110 §9.2.1). */
type RequestKind = 'reads' | 'changes';

export interface FailedRequest {
  id: string;
  method: string;
}

/**
 * Logs why requests failed on the server's side. An outage of the database is logged twice, when it begins and when it ends,
 * however many requests fail: thousands a second can.
 */
export interface FailureLog {
  /** Logs the cause of a server-side failure. Ignores client errors. */
  failed(request: FailedRequest, problem: ProblemError, cause: unknown): void;
  /** Records that the database served a request of this method, which ends an outage. */
  succeeded(method: string): void;
}

/**
 * An outage ends with the first success after this time without a failure. If only some requests fail, it would otherwise end
 * and begin again all the time.
 */
const quietMs = 10_000;

const messages = {
  reads: { begins: 'requests that read get 503', ends: 'requests that read succeed again' },
  changes: { begins: 'requests that change something get 503 or 507', ends: 'changes succeed again' },
} as const;

export function createFailureLog(log: Pick<Log, 'error' | 'info'>, now = () => performance.now()): FailureLog {
  const outageOf = (kind: RequestKind) => createOutage(log, {}, messages[kind], { quietMs, now });
  const outages = { reads: outageOf('reads'), changes: outageOf('changes') };
  return {
    failed({ id, method }, problem, cause) {
      switch (problem.code) {
        case 'unavailable':
        case 'storage-full':
          return outages[kindOf(method)].recordFailure(cause, { request_id: id });
        case 'internal':
        case 'outcome-unknown':
          return log.error({ err: cause, request_id: id }, problem.message);
      }
    },
    succeeded: (method) => outages[kindOf(method)].recordSuccess(),
  };
}

function kindOf(method: string): RequestKind {
  return ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method) ? 'reads' : 'changes';
}
