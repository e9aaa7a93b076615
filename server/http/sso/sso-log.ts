import type { Log } from '../../observability/log.ts';
import { SsoProblem } from '../../sso/provider.ts';

const levels = { 'sso-refused': 'info', 'sso-unavailable': 'warn', 'sso-misconfigured': 'error' } as const;

/**
 * Logs what goes wrong in single sign-on, with the setting to look at. Of an outage of the identity provider, each kind of failure is
 * logged once, because anybody can begin a sign-in as often as they like.
 */
export interface SsoLog {
  /** Ignores errors that are no problem of single sign-on. */
  failed(requestId: string, error: unknown): void;
  /** Records that the identity provider did its part, which ends an outage. */
  succeeded(): void;
}

/** How many kinds of failures are logged in one outage. A provider that fails may say something else each time. */
const maxKinds = 10;

export function createSsoLog(log: Pick<Log, 'info' | 'warn' | 'error'>): SsoLog {
  const kinds = new Set<string>();
  let failures = 0;

  /** Returns false if the failure needs no line of its own. */
  function isNew(kind: string): boolean {
    failures += 1;
    if (kinds.has(kind) || kinds.size === maxKinds) return false;
    kinds.add(kind);
    return true;
  }

  return {
    failed(requestId, error) {
      if (!(error instanceof SsoProblem)) return;
      const { message, setting, cause } = error.diagnosis;
      const fields = { ...(setting && { setting }), ...(cause !== undefined && { cause: describe(cause) }) };
      if (error.code === 'sso-unavailable' && !isNew(JSON.stringify([message, fields]))) return;
      log[levels[error.code]]({ ...fields, request_id: requestId }, message);
    },
    succeeded() {
      if (failures > 0) log.info({ failures }, 'single sign-on works again');
      kinds.clear();
      failures = 0;
    },
  };
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
