const tokenValue = /(?<![0-9A-Za-z])([a-z][a-z0-9]{1,9}_[0-9A-Za-z]{8})[0-9A-Za-z]{30}(?![0-9A-Za-z])/g;

/** Prefixes of generated secrets, by which secret scanners and `redact` recognize them. */
export const secretPrefixes = {
  session: 'session_',
  passwordReset: 'reset_',
  invitation: 'invitation_',
  emailChange: 'address_',
  recovery: 'recover_',
  deviceCode: 'device_',
  authorizationCode: 'code_',
  secondFactor: 'step_',
  knownDevice: 'browser_',
  ssoProposal: 'connect_',
  clientSecret: 'secret_',
} as const;

const otherSecret = new RegExp(`\\b(${Object.values(secretPrefixes).join('|')})[0-9A-Za-z_-]{43}`, 'g');

/** The secret of a webhook, as Standard Webhooks writes it. */
const webhookSecret = /\bwhsec_[0-9A-Za-z+/]{32,}={0,2}/g;

/** Redacts token values and all secrets with one of `secretPrefixes`. Keeps the public prefix of a token value. */
export function redact(text: string): string {
  if (!text.includes('_')) return text;
  // Redact the other secrets first, because the part of one before a hyphen can look like a token value.
  return text
    .replace(webhookSecret, 'whsec_[redacted]')
    .replace(otherSecret, '$1[redacted]')
    .replace(tokenValue, '$1[redacted]');
}
