import type { Log } from '../../observability/log.ts';
import { SsoProblem } from '../../sso/provider.ts';

const levels = { 'sso-refused': 'info', 'sso-unavailable': 'warn', 'sso-misconfigured': 'error' } as const;

/** Logs what went wrong in single sign-on, with the setting to look at. Ignores other errors. */
export function logSsoProblem(log: Log, requestId: string, error: unknown): void {
  if (!(error instanceof SsoProblem)) return;
  const { message, setting, cause } = error.diagnosis;
  const fields = { ...(setting && { setting }), ...(cause !== undefined && { cause: describe(cause) }) };
  log[levels[error.code]]({ ...fields, request_id: requestId }, message);
}

/**
 * Returns the names, codes and messages of an error and its causes. Their other properties are left out, because the
 * libraries attach whole responses and the claims of a person.
 */
function describe(error: unknown): string {
  const parts: string[] = [];
  for (let found = error; found instanceof Error; found = found.cause) {
    const code = 'code' in found && typeof found.code === 'string' ? ` ${found.code}` : '';
    parts.push(`${found.name}${code}: ${found.message}`);
  }
  return parts.join(' ← ');
}
