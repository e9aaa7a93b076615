import type { Log } from '../../observability/log.ts';
import { SsoProblem } from '../../sso/provider.ts';

const levels = { 'sso-refused': 'info', 'sso-unavailable': 'warn', 'sso-misconfigured': 'error' } as const;

/**
 * Logs failures of single sign-on, with the setting to look at. During an outage of the identity provider, logs each kind of
 * failure once, because anybody can begin a sign-in as often as they like.
 */
export interface SsoLog {
  /** Ignores errors that are no problem of single sign-on. */
  failed(requestId: string, error: unknown): void;
  /** Records that the identity provider let somebody in. This ends an outage if nothing failed for `quietMs`. */
  succeeded(): void;
}

const quietMs = 10_000;

export function createSsoLog(log: Pick<Log, 'info' | 'warn' | 'error'>, now = () => performance.now()): SsoLog {
  const kinds = new Set<string>();
  let failures = 0;
  let failedAt = 0;

  /** Returns false if the failure needs no line of its own. */
  function isNew(kind: string): boolean {
    failures += 1;
    failedAt = now();
    if (kinds.has(kind)) return false;
    kinds.add(kind);
    return true;
  }

  return {
    failed(requestId, error) {
      if (!(error instanceof SsoProblem)) return;
      const { message, setting, cause } = error.diagnosis;
      if (error.code === 'sso-unavailable' && !isNew(kindOf(setting, cause))) return;
      const fields = { ...(setting && { setting }), ...(cause !== undefined && { cause: describe(cause) }) };
      log[levels[error.code]]({ ...fields, request_id: requestId }, message);
    },
    succeeded() {
      if (failures === 0 || now() - failedAt < quietMs) return;
      log.info({ failures }, 'single sign-on works again');
      kinds.clear();
      failures = 0;
    },
  };
}

/** Returns the kind of a failure. Leaves out the texts of a provider or a browser, because there are any number of those. */
function kindOf(setting: string | null | undefined, cause: unknown): string {
  const parts: unknown[] = [setting];
  for (let found = cause; found instanceof Error; found = found.cause) parts.push(found.name, codeOf(found));
  return JSON.stringify(parts);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
}

/**
 * Returns the names, codes and messages of an error and its causes. Their other properties are left out, because the
 * libraries attach whole responses and the claims of a person.
 */
function describe(error: unknown): string {
  const parts: string[] = [];
  for (let found = error; found instanceof Error; found = found.cause) {
    parts.push(`${found.name}${codeOf(found)}: ${found.message}`);
  }
  return parts.join(' ← ');
}
