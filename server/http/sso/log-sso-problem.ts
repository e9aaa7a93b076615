import type { Log } from '../../observability/log.ts';
import { SsoProblem } from '../../sso/provider.ts';

const levels = { 'sso-refused': 'info', 'sso-unavailable': 'warn', 'sso-misconfigured': 'error' } as const;

/** Logs what went wrong in single sign-on, with the setting to look at. Ignores other errors. */
export function logSsoProblem(log: Log, requestId: string, error: unknown): void {
  if (!(error instanceof SsoProblem)) return;
  const { message, setting, cause } = error.diagnosis;
  const fields = { ...(setting && { setting }), ...(cause !== undefined && { err: cause }), request_id: requestId };
  log[levels[error.code]](fields, message);
}
