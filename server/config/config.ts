import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ProxyVariables, readProxyVariables } from '../../shared/proxy.ts';
import { CommandError } from '../context.ts';
import type { LeakAction } from '../domain/leaks/act-on-leak.ts';
import type { PasswordSignIn } from '../domain/sign-in/password/password-policy.ts';
import type { SessionLimits } from '../domain/sign-in/session-lifetimes.ts';
import type { LogLevel } from '../observability/log.ts';
import type { Environment } from './environment.ts';
import { hostAndPort, type ListenAddress } from './listen-address.ts';
import { defaultSender } from './mail-identity.ts';
import type { AuditLogTarget } from './settings/audit-settings.ts';
import { settingConflicts } from './settings/setting-conflicts.ts';
import { nameSource, readSettingTexts } from './settings/setting-texts.ts';
import { type Settings, settingsSchema } from './settings/settings.ts';

/** The effective settings of the daemon. */
export interface Config {
  listen: ListenAddress;
  /** Where proxies and monitoring connect; null: they use `listen`. */
  internalListen: ListenAddress | null;
  /** Without a trailing slash. */
  publicUrl: string;
  dataDir: string;
  databaseUrl: string;
  /** The file that `databaseUrl` was read from; null: it came from elsewhere. Read it again with `readSettingFile`. */
  databaseUrlFile: string | null;
  /** Null: mails are written to `DATA_DIR/mail`. */
  smtpUrl: string | null;
  mailFrom: string;
  trustedProxies: string[];
  /** Hosts to which webhooks may lead although they are internal, as `URL#hostname` returns them. */
  webhookHosts: string[];
  tokenPrefix: string;
  maxTokensPerUser: number;
  organization: string | null;
  /** Seconds; null: no limit. */
  maxExpiry: number | null;
  /** Seconds; null: the maximum applies. */
  defaultExpiry: number | null;
  /** Seconds without a use after which a token is denied; null: never. */
  maxIdle: number | null;
  /** Seconds for which the number of uses in each hour is kept. */
  keepUsage: number;
  /** Whether owners get a mail about the first use of a token from a network. */
  newNetworkNotices: boolean;
  /** Seconds for which expired tokens stay stored. Short-lived ones stay for an hour at most. */
  keepExpired: number;
  /** Where audit events are written besides the database; null: nowhere. */
  auditLog: AuditLogTarget | null;
  /** Seconds for which audit events are kept; null: forever. */
  keepAudit: number | null;
  /** Seconds after which the IP addresses in audit events are cut; null: never. */
  auditIpAfter: number | null;
  /** Seconds before its expiry at which the owner of a token gets a notice. Empty: never. */
  expiryNotices: number[];
  /** Seconds for which mails about short-lived tokens are collected. */
  shortLivedDigest: number;
  /** What happens to a token whose value is reported as leaked. */
  leakAction: LeakAction;
  /** Where GitHub publishes the keys of its secret scanning; null: its signatures are not accepted. */
  githubSecretScanningKeys: string | null;
  /** Null: single sign-on is off. */
  oidc: OidcConfig | null;
  /** The environment's proxy variables, for requests to the identity provider. */
  proxy: ProxyVariables;
  /** Seconds since a member's last single sign-on after which their tokens are denied; null: never. */
  ssoMaxAge: number | null;
  /** Who may sign in with a password. */
  passwordSignIn: PasswordSignIn;
  /** Whether signing in with a password always requires a second factor. */
  requireTotp: boolean;
  sessionLimits: SessionLimits;
  logLevel: LogLevel;
  /** Where each setting that is set comes from: `environment`, `systemd`, or the path of a file. */
  sources: Readonly<Record<string, string>>;
}

/** How members sign in through the identity provider. */
export interface OidcConfig {
  issuer: string;
  clientId: string;
  /** Null: a public client. */
  clientSecret: string | null;
  /** How to send the client secret; null: as the provider's metadata says, or whichever way the provider accepts. */
  clientAuth: 'basic' | 'post' | null;
  /** Whether a person without an account becomes a member at the first sign-in. */
  autoProvision: boolean;
  /** Email domains in lower case; null: any. */
  allowedDomains: string[] | null;
  /** The scopes to request, without duplicates. */
  scopes: string[];
  emailClaim: string;
  /** Accepted addresses: those that the provider verified, those that it does not call unverified, or all. */
  emailVerified: 'required' | 'unless-false' | 'ignore';
  groupsClaim: string;
  /** At each sign-in, members of this group become superusers and others stop being so; null: no effect. */
  superuserGroup: string | null;
  /** The same for the permission to create and manage tokens. */
  tokensGroup: string | null;
}

/** The settings are invalid. */
export class ConfigError extends CommandError {
  /** One line per mistake, each starting with the name of the setting. */
  readonly mistakes: string[];

  constructor(mistakes: string[]) {
    super(
      `Some settings are invalid. Correct them and try again:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`,
      2,
    );
    this.name = 'ConfigError';
    this.mistakes = mistakes;
  }
}

/**
 * Reads the settings from the environment, and from the files that it names: `TOKENSD_CONFIG`, and one for each `NAME_FILE`.
 * @throws ConfigError listing every mistake, unknown settings included
 */
export function readConfig(env: Environment): Config {
  const { values, sources, files, mistakes } = readSettingTexts(env);
  const parsed = settingsSchema.safeParse(values);
  for (const { path, message } of parsed.error?.issues ?? []) {
    mistakes.push(`${nameSource(path.join('.'), sources)} ${message}`);
  }
  mistakes.push(...settingConflicts(values, new Set(Object.keys(sources))));
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(mistakes);
  return { ...toConfig(parsed.data, env, files), sources };
}

function toConfig(settings: Settings, env: Environment, files: Record<string, string>): Omit<Config, 'sources'> {
  const listen = settings.TOKENSD_LISTEN;
  const publicUrl = settings.TOKENSD_PUBLIC_URL ?? localUrl(listen);
  const stateHome = env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local', 'state');
  const dataDir = resolve(settings.TOKENSD_DATA_DIR ?? join(stateHome, 'tokensd'));
  return {
    listen,
    internalListen: settings.TOKENSD_INTERNAL_LISTEN ?? null,
    publicUrl,
    dataDir,
    databaseUrl: settings.TOKENSD_DATABASE_URL ?? `sqlite:${join(dataDir, 'tokens.db')}`,
    databaseUrlFile: files.TOKENSD_DATABASE_URL ?? null,
    smtpUrl: settings.TOKENSD_SMTP_URL ?? null,
    mailFrom: settings.TOKENSD_MAIL_FROM ?? defaultSender(publicUrl),
    trustedProxies: settings.TOKENSD_TRUSTED_PROXIES,
    webhookHosts: settings.TOKENSD_WEBHOOK_HOSTS,
    tokenPrefix: settings.TOKENSD_TOKEN_PREFIX,
    maxTokensPerUser: settings.TOKENSD_MAX_TOKENS_PER_USER,
    organization: settings.TOKENSD_ORGANIZATION ?? null,
    maxExpiry: settings.TOKENSD_MAX_EXPIRY ?? null,
    maxIdle: settings.TOKENSD_MAX_IDLE ?? null,
    defaultExpiry: settings.TOKENSD_DEFAULT_EXPIRY ?? null,
    keepUsage: settings.TOKENSD_KEEP_USAGE,
    newNetworkNotices: settings.TOKENSD_NEW_NETWORK_NOTICES,
    keepExpired: settings.TOKENSD_KEEP_EXPIRED,
    ...auditConfig(settings),
    expiryNotices: settings.TOKENSD_EXPIRY_NOTICES,
    shortLivedDigest: settings.TOKENSD_SHORT_LIVED_DIGEST,
    leakAction: settings.TOKENSD_LEAK_ACTION,
    githubSecretScanningKeys: settings.TOKENSD_GITHUB_SECRET_SCANNING_KEYS ?? null,
    oidc: oidcConfig(settings),
    proxy: readProxyVariables(env),
    ssoMaxAge: settings.TOKENSD_SSO_MAX_AGE ?? null,
    passwordSignIn: settings.TOKENSD_PASSWORD_SIGN_IN,
    requireTotp: settings.TOKENSD_REQUIRE_TOTP,
    sessionLimits: {
      program: sessionLimit(settings.TOKENSD_CLI_SESSION_IDLE, settings.TOKENSD_CLI_SESSION_MAX),
      console: sessionLimit(settings.TOKENSD_CONSOLE_SESSION_IDLE, settings.TOKENSD_CONSOLE_SESSION_MAX),
    },
    logLevel: settings.TOKENSD_LOG_LEVEL,
  };
}

function auditConfig(settings: Settings): Pick<Config, 'auditLog' | 'keepAudit' | 'auditIpAfter'> {
  return {
    auditLog: settings.TOKENSD_AUDIT_LOG ?? null,
    keepAudit: settings.TOKENSD_KEEP_AUDIT ?? null,
    auditIpAfter: settings.TOKENSD_AUDIT_IP_AFTER ?? null,
  };
}

/** The default idle time gives way to a shorter maximum. One that was set is a mistake then (`settingConflicts`). */
function sessionLimit(idle: number, max: number) {
  return { idle: Math.min(idle, max), max };
}

/** The scopes that every sign-in requests. */
export const standardScopes = ['openid', 'email', 'profile'];

function oidcConfig(settings: Settings): OidcConfig | null {
  const { TOKENSD_OIDC_ISSUER: issuer, TOKENSD_OIDC_CLIENT_ID: clientId } = settings;
  if (issuer === undefined || clientId === undefined) return null;
  return {
    issuer,
    clientId,
    clientSecret: settings.TOKENSD_OIDC_CLIENT_SECRET ?? null,
    clientAuth: settings.TOKENSD_OIDC_CLIENT_AUTH ?? null,
    autoProvision: settings.TOKENSD_OIDC_AUTO_PROVISION,
    allowedDomains: settings.TOKENSD_OIDC_ALLOWED_DOMAINS ?? null,
    scopes: [...new Set([...standardScopes, ...(settings.TOKENSD_OIDC_SCOPES ?? [])])],
    emailClaim: settings.TOKENSD_OIDC_EMAIL_CLAIM,
    emailVerified: settings.TOKENSD_OIDC_EMAIL_VERIFIED,
    groupsClaim: settings.TOKENSD_OIDC_GROUPS_CLAIM,
    superuserGroup: settings.TOKENSD_OIDC_SUPERUSER_GROUP ?? null,
    tokensGroup: settings.TOKENSD_OIDC_TOKENS_GROUP ?? null,
  };
}

/** Returns an address of this machine that a browser can open, unlike `*` or `0.0.0.0`. A Unix socket needs a public URL (`settingConflicts`). */
function localUrl(listen: ListenAddress): string {
  if (!('port' in listen)) return 'http://localhost';
  const { host, port } = listen;
  const allAddresses = host === null || host === '0.0.0.0' || host === '::';
  return `http://${hostAndPort(allAddresses ? 'localhost' : host, port)}`;
}
