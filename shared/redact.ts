const tokenValue = /(?<![0-9A-Za-z])([a-z][a-z0-9]{1,9}_[0-9A-Za-z]{8})[0-9A-Za-z]{30}(?![0-9A-Za-z])/g;
const otherSecret = /\b(session|reset|device|code|step|secret)_[0-9A-Za-z_-]{43}/g;

/** Prefixes of secrets. Secret scanners and `redact` recognize a leaked secret by them. */
export const secretPrefixes = {
  session: 'session_',
  passwordReset: 'reset_',
  deviceCode: 'device_',
  authorizationCode: 'code_',
  secondFactor: 'step_',
  clientSecret: 'secret_',
} as const;

/** Redacts all secrets of this product in a text. Of a token value, the public prefix remains. */
export function redact(text: string): string {
  if (!text.includes('_')) return text;
  // Other secrets first: the beginning of one, up to a hyphen, may look like a token value.
  return text.replace(otherSecret, '$1_[redacted]').replace(tokenValue, '$1[redacted]');
}
