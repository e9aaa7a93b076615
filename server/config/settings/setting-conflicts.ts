import { isDeepStrictEqual } from 'node:util';
import { settingNames, settingsSchema } from './settings.ts';

type SettingValues = Readonly<Record<string, string>>;

const listenSchema = settingsSchema.pick({ TOKENSD_LISTEN: true, TOKENSD_INTERNAL_LISTEN: true });
const emailSchema = settingsSchema.pick({ TOKENSD_OIDC_EMAIL_CLAIM: true, TOKENSD_OIDC_EMAIL_VERIFIED: true });
const sessionSchema = settingsSchema.pick({
  TOKENSD_CLI_SESSION_IDLE: true,
  TOKENSD_CLI_SESSION_MAX: true,
  TOKENSD_CONSOLE_SESSION_IDLE: true,
  TOKENSD_CONSOLE_SESSION_MAX: true,
});
const expirySchema = settingsSchema.pick({ TOKENSD_MAX_EXPIRY: true, TOKENSD_DEFAULT_EXPIRY: true });

/**
 * Returns the mistakes that several settings make together, given the text of each and the names of all that are set.
 * Ignores values that cannot be parsed.
 */
export function settingConflicts(values: SettingValues, given: ReadonlySet<string>): string[] {
  const { TOKENSD_MAX_EXPIRY: maximum, TOKENSD_DEFAULT_EXPIRY: fallback } = expirySchema.safeParse(values).data ?? {};
  const mistakes: string[] = [];
  if (maximum !== undefined && fallback !== undefined && fallback > maximum) {
    mistakes.push('TOKENSD_DEFAULT_EXPIRY must not be longer than TOKENSD_MAX_EXPIRY');
  }
  if (isSameAddress(values)) {
    mistakes.push('TOKENSD_INTERNAL_LISTEN must not be the address of TOKENSD_LISTEN. Choose another one');
  }
  if (values.TOKENSD_LISTEN?.startsWith('unix:') && !given.has('TOKENSD_PUBLIC_URL')) {
    mistakes.push('TOKENSD_PUBLIC_URL must be set if TOKENSD_LISTEN is a Unix socket, because browsers cannot open it');
  }
  const hasIssuer = given.has('TOKENSD_OIDC_ISSUER');
  if (hasIssuer && !given.has('TOKENSD_OIDC_CLIENT_ID')) {
    mistakes.push('TOKENSD_OIDC_CLIENT_ID must be set with TOKENSD_OIDC_ISSUER');
  }
  if (!hasIssuer) {
    const useless = settingNames.filter((name) => name.startsWith('TOKENSD_OIDC_') && values[name] !== undefined);
    mistakes.push(...useless.map((name) => `${name} has no effect without TOKENSD_OIDC_ISSUER. Set both or neither`));
  }
  if (given.has('TOKENSD_OIDC_CLIENT_AUTH') && !given.has('TOKENSD_OIDC_CLIENT_SECRET')) {
    mistakes.push('TOKENSD_OIDC_CLIENT_AUTH needs TOKENSD_OIDC_CLIENT_SECRET, because a public client sends no secret');
  }
  const email = emailSchema.safeParse(values).data;
  if (email?.TOKENSD_OIDC_EMAIL_VERIFIED === 'required' && email.TOKENSD_OIDC_EMAIL_CLAIM !== 'email') {
    mistakes.push(
      'TOKENSD_OIDC_EMAIL_CLAIM needs TOKENSD_OIDC_EMAIL_VERIFIED=unless-false or =ignore, because no provider vouches for a claim other than email',
    );
  }
  if (values.TOKENSD_PASSWORD_SIGN_IN === 'false' && !hasIssuer) {
    mistakes.push('TOKENSD_PASSWORD_SIGN_IN must not be false without TOKENSD_OIDC_ISSUER, or nobody could sign in');
  }
  mistakes.push(...sessionConflicts(values));
  return mistakes;
}

function isSameAddress(values: SettingValues): boolean {
  const { TOKENSD_LISTEN: listen, TOKENSD_INTERNAL_LISTEN: internal } = listenSchema.safeParse(values).data ?? {};
  if (listen === undefined || internal === undefined || ('port' in listen && listen.port === 0)) return false;
  return isDeepStrictEqual(listen, internal);
}

/** An idle time that was set but never takes effect is a mistake. The default gives way to a shorter maximum. */
function sessionConflicts(values: SettingValues): string[] {
  const parsed = sessionSchema.safeParse(values).data;
  if (parsed === undefined) return [];
  return (['CLI', 'CONSOLE'] as const).flatMap((kind) => {
    const [idle, max] = [`TOKENSD_${kind}_SESSION_IDLE`, `TOKENSD_${kind}_SESSION_MAX`] as const;
    if (values[idle] === undefined || parsed[idle] <= parsed[max]) return [];
    const hint = values[max] === undefined ? `. Set ${max} too` : '';
    return [`${idle} must not be longer than ${max}${hint}`];
  });
}
