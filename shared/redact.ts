const tokenValue = /(?<![0-9A-Za-z])([a-z][a-z0-9]{1,9}_[0-9A-Za-z]{8})[0-9A-Za-z]{30}(?![0-9A-Za-z])/g;
const sessionSecret = /session_[0-9A-Za-z_-]{43}/g;

/** Every session secret starts with this, so that a leaked one is recognised by secret scanners and by `redact`. */
export const sessionSecretPrefix = 'session_';

/** Replaces every token value (its public prefix stays) and session secret in free text. */
export function redact(text: string): string {
  return text.replace(tokenValue, '$1[redacted]').replace(sessionSecret, 'session_[redacted]');
}
