import type { SmtpSettings } from '../config/smtp-url.ts';

/** Replaces the password in the text, also as SASL encodes it, because a server may repeat what it received in any reply. */
export function withoutCredentials(text: string, { auth }: Pick<SmtpSettings, 'auth'>): string {
  if (auth === null) return text;
  const { user, pass } = auth;
  const encoded = [pass, `\0${user}\0${pass}`, `${user}\0${user}\0${pass}`].map((secret) =>
    Buffer.from(secret, 'utf8').toString('base64').replace(/=+$/, ''),
  );
  const secrets = [pass, encodeURIComponent(pass), ...encoded].filter((secret) => secret !== '');
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}
