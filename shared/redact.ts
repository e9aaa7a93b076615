const tokenValue = /(?<![0-9A-Za-z])([a-z][a-z0-9]{1,9}_[0-9A-Za-z]{8})[0-9A-Za-z]{30}(?![0-9A-Za-z])/g;
const otherSecret = /\b(session|reset|device|code|step|secret)_[0-9A-Za-z_-]{43}/g;

/** What each kind of secret starts with, so that a leaked one is recognised by secret scanners and by `redact`. */
export const secretPrefixes = {
  session: 'session_',
  passwordReset: 'reset_',
  deviceCode: 'device_',
  authorizationCode: 'code_',
  secondFactor: 'step_',
  clientSecret: 'secret_',
} as const;

/** Replaces every token value (its public prefix stays) and every other secret of ours in free text. */
export function redact(text: string): string {
  if (!text.includes('_')) return text;
  // In this order: a session with a hyphen in the right place begins as a token does.
  return text.replace(otherSecret, '$1_[redacted]').replace(tokenValue, '$1[redacted]');
}
