import { settingsSchema } from './settings.ts';

const emailSchema = settingsSchema.pick({ TOKENSD_OIDC_EMAIL_CLAIM: true, TOKENSD_OIDC_EMAIL_VERIFIED: true });
const expirySchema = settingsSchema.pick({ TOKENSD_MAX_EXPIRY: true, TOKENSD_DEFAULT_EXPIRY: true });

/** Returns the mistakes that several settings make together, given the text of each. Ignores values that cannot be parsed. */
export function settingConflicts(values: Readonly<Record<string, string>>): string[] {
  const { TOKENSD_MAX_EXPIRY: maximum, TOKENSD_DEFAULT_EXPIRY: fallback } = expirySchema.safeParse(values).data ?? {};
  const mistakes: string[] = [];
  if (maximum !== undefined && fallback !== undefined && fallback > maximum) {
    mistakes.push('TOKENSD_DEFAULT_EXPIRY must not be longer than TOKENSD_MAX_EXPIRY');
  }
  if (values.TOKENSD_OIDC_ISSUER !== undefined && values.TOKENSD_OIDC_CLIENT_ID === undefined) {
    mistakes.push('TOKENSD_OIDC_CLIENT_ID must be set with TOKENSD_OIDC_ISSUER');
  }
  const email = emailSchema.safeParse(values).data;
  if (email?.TOKENSD_OIDC_EMAIL_VERIFIED === 'required' && email.TOKENSD_OIDC_EMAIL_CLAIM !== 'email') {
    mistakes.push(
      'TOKENSD_OIDC_EMAIL_CLAIM needs TOKENSD_OIDC_EMAIL_VERIFIED=unless-false or =ignore, because no provider vouches for a claim other than email',
    );
  }
  if (values.TOKENSD_PASSWORD_SIGN_IN === 'false' && values.TOKENSD_OIDC_ISSUER === undefined) {
    mistakes.push('TOKENSD_PASSWORD_SIGN_IN must not be false without TOKENSD_OIDC_ISSUER, or nobody could sign in');
  }
  return mistakes;
}
