import { formatDuration } from '../../shared/times/duration.ts';
import type { ShownSetting } from '../domain/overview/server-state.ts';
import { type Config, standardScopes } from './config.ts';
import { listenText } from './listen-address.ts';
import { settings } from './settings/settings.ts';

/** Returns the effective settings as `NAME=value` lines, with secrets replaced by `***`. */
export function describeConfig(config: Config): string[] {
  return settingEntries(config).map(([name, value]) => `${name}=${value ?? ''}`);
}

/** Returns the effective settings and where each comes from, with durations such as `90d`. They contain no secret. */
export function showSettings(config: Config): ShownSetting[] {
  return settingEntries(config).map(([name, value]) => ({
    name,
    meaning: meaningOf(name),
    value: value === null || value === '' ? null : shownValue(name, String(value)),
    source: config.sources[name] ?? null,
  }));
}

/** Returns the first sentence of the description, without its links to the documentation. */
function meaningOf(name: string): string {
  const { description = '' } = settings.find((one) => one.name === name) ?? {};
  const [sentence = description] = /^.*?\.(?=\s|$)/.exec(description) ?? [];
  return sentence.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}

/** Settings that are seconds. */
const durations: ReadonlySet<string> = new Set([
  'TOKENSD_MAX_EXPIRY',
  'TOKENSD_DEFAULT_EXPIRY',
  'TOKENSD_MAX_IDLE',
  'TOKENSD_KEEP_USAGE',
  'TOKENSD_KEEP_EXPIRED',
  'TOKENSD_EXPIRY_NOTICES',
  'TOKENSD_SHORT_LIVED_DIGEST',
  'TOKENSD_KEEP_AUDIT',
  'TOKENSD_AUDIT_IP_AFTER',
  'TOKENSD_SSO_MAX_AGE',
  'TOKENSD_CLI_SESSION_IDLE',
  'TOKENSD_CLI_SESSION_MAX',
  'TOKENSD_CONSOLE_SESSION_IDLE',
  'TOKENSD_CONSOLE_SESSION_MAX',
]);

/** Writes durations as the environment variables accept them, and hides secrets. */
function shownValue(name: string, value: string): string {
  if (!durations.has(name)) return value.replace(/^\*{3}$/, 'set');
  const text = (seconds: string) => (seconds === '0' ? '0s' : formatDuration(Number(seconds)));
  return value.split(',').map(text).join(', ');
}

function settingEntries(config: Config): Array<[string, string | number | null]> {
  const { oidc, sessionLimits } = config;
  return [
    ['TOKENSD_LISTEN', listenText(config.listen)],
    ['TOKENSD_INTERNAL_LISTEN', config.internalListen && listenText(config.internalListen)],
    ['TOKENSD_PUBLIC_URL', config.publicUrl],
    ['TOKENSD_DATA_DIR', config.dataDir],
    ['TOKENSD_DATABASE_URL', withoutPassword(config.databaseUrl)],
    ['TOKENSD_SMTP_URL', config.smtpUrl && withoutPassword(config.smtpUrl)],
    ['TOKENSD_MAIL_FROM', config.mailFrom],
    ['TOKENSD_TRUSTED_PROXIES', config.trustedProxies.join(',')],
    ['TOKENSD_WEBHOOK_HOSTS', config.webhookHosts.join(',')],
    ['TOKENSD_TOKEN_PREFIX', config.tokenPrefix],
    ['TOKENSD_MAX_TOKENS_PER_USER', config.maxTokensPerUser],
    ['TOKENSD_ORGANIZATION', config.organization],
    ['TOKENSD_MAX_EXPIRY', config.maxExpiry],
    ['TOKENSD_DEFAULT_EXPIRY', config.defaultExpiry],
    ['TOKENSD_MAX_IDLE', config.maxIdle],
    ['TOKENSD_KEEP_USAGE', config.keepUsage],
    ['TOKENSD_NEW_NETWORK_NOTICES', String(config.newNetworkNotices)],
    ['TOKENSD_KEEP_EXPIRED', config.keepExpired],
    ['TOKENSD_EXPIRY_NOTICES', config.expiryNotices.join(',')],
    ['TOKENSD_SHORT_LIVED_DIGEST', config.shortLivedDigest],
    ['TOKENSD_LEAK_ACTION', config.leakAction],
    ['TOKENSD_GITHUB_SECRET_SCANNING_KEYS', withoutQuery(config.githubSecretScanningKeys)],
    ['TOKENSD_AUDIT_LOG', auditLogText(config.auditLog)],
    ['TOKENSD_KEEP_AUDIT', config.keepAudit],
    ['TOKENSD_AUDIT_IP_AFTER', config.auditIpAfter],
    ['TOKENSD_OIDC_ISSUER', oidc?.issuer ?? null],
    ['TOKENSD_OIDC_CLIENT_ID', oidc?.clientId ?? null],
    ['TOKENSD_OIDC_CLIENT_SECRET', oidc?.clientSecret ? '***' : null],
    ['TOKENSD_OIDC_CLIENT_AUTH', oidc?.clientAuth ?? null],
    ['TOKENSD_OIDC_AUTO_PROVISION', String(oidc?.autoProvision ?? true)],
    ['TOKENSD_OIDC_ALLOWED_DOMAINS', oidc?.allowedDomains?.join(',') ?? null],
    ['TOKENSD_OIDC_SCOPES', oidc?.scopes.filter((scope) => !standardScopes.includes(scope)).join(' ') ?? null],
    ['TOKENSD_OIDC_EMAIL_CLAIM', oidc?.emailClaim ?? 'email'],
    ['TOKENSD_OIDC_EMAIL_VERIFIED', oidc?.emailVerified ?? 'required'],
    ['TOKENSD_OIDC_GROUPS_CLAIM', oidc?.groupsClaim ?? 'groups'],
    ['TOKENSD_OIDC_SUPERUSER_GROUP', oidc?.superuserGroup ?? null],
    ['TOKENSD_OIDC_TOKENS_GROUP', oidc?.tokensGroup ?? null],
    ['TOKENSD_SSO_MAX_AGE', config.ssoMaxAge],
    ['TOKENSD_PASSWORD_SIGN_IN', config.passwordSignIn],
    ['TOKENSD_REQUIRE_TOTP', String(config.requireTotp)],
    ['TOKENSD_CLI_SESSION_IDLE', sessionLimits.program.idle],
    ['TOKENSD_CLI_SESSION_MAX', sessionLimits.program.max],
    ['TOKENSD_CONSOLE_SESSION_IDLE', sessionLimits.console.idle],
    ['TOKENSD_CONSOLE_SESSION_MAX', sessionLimits.console.max],
    ['TOKENSD_LOG_LEVEL', config.logLevel],
  ];
}

/** Replaces the password in a URL, also in the `password` parameter that PostgreSQL's driver accepts. */
function withoutPassword(text: string): string {
  const url = new URL(text);
  if (url.password === '' && !url.searchParams.has('password')) return text;
  if (url.password !== '') url.password = '***';
  if (url.searchParams.has('password')) url.searchParams.set('password', '***');
  return url.href;
}

/** Replaces the query of a URL. That of a mirror can be what lets us in. */
function withoutQuery(text: string | null): string | null {
  return text === null ? null : text.replace(/\?.*$/s, '?***');
}

function auditLogText(target: Config['auditLog']): string | null {
  return target === null || target === 'stdout' ? target : target.file;
}
