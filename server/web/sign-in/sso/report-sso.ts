import type { ProblemError } from '../../../../shared/problem.ts';
import { type SignInNote, SsoRefusal } from '../../../domain/sign-in/sso/notes.ts';
import type { AppContext, AppDeps } from '../../../http/context.ts';
import { expectProblem } from '../../shell/form-problem.ts';

/** Writes the outcome of a single sign-on to the operator's log. */
export interface SsoReport {
  notes(c: AppContext, notes: readonly SignInNote[]): void;
  /** Logs a failure. Returns the problem and the message for the page. Rethrows an error that is no problem. */
  failure(c: AppContext, error: unknown): { problem: ProblemError; message: string };
  /** Records that the identity provider responded as it should. */
  success(): void;
}

export function createSsoReport({
  log,
  failureLog,
  ssoLog,
}: Pick<AppDeps, 'log' | 'failureLog' | 'ssoLog'>): SsoReport {
  const notes: SsoReport['notes'] = (c, lines) => {
    for (const { level, message, fields } of lines) log[level]({ ...fields, request_id: c.get('requestId') }, message);
  };
  return {
    notes,
    failure(c, error) {
      const problem = expectProblem(error);
      if (problem instanceof SsoRefusal && problem.note !== null) notes(c, [problem.note]);
      ssoLog.failed(c.get('requestId'), problem);
      failureLog.failed({ id: c.get('requestId'), method: c.req.method }, problem, error);
      return { problem, message: withRequestId(problem, c.get('requestId')) };
    },
    success: ssoLog.succeeded,
  };
}

/** Adds the request ID to the message that the operator should be told about, so that they find the log line. */
function withRequestId({ code, message }: ProblemError, requestId: string): string {
  if (code !== 'sso-misconfigured') return message;
  return message.replace(/\.$/, `, and give them the request ID ${requestId}.`);
}
