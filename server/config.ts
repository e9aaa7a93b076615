import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { parseDuration } from '../shared/duration.ts';
import { limits } from '../shared/limits.ts';
import { productPrefixPattern } from '../shared/token-format.ts';
import { parseCidr } from './http/client-ip.ts';
import { type LogLevel, logLevels } from './log.ts';

/** The effective settings of the daemon. */
export interface Config {
  listen: { host: string; port: number };
  /** Without a slash at the end. */
  publicUrl: string;
  dataDir: string;
  databaseUrl: string;
  /** Null: messages go to `DATA_DIR/mail`. */
  smtpUrl: string | null;
  mailFrom: string;
  trustedProxies: string[];
  tokenPrefix: string;
  maxTokensPerUser: number;
  organization: string | null;
  /** Seconds; null: none. */
  maxExpiry: number | null;
  defaultExpiry: number | null;
  logLevel: LogLevel;
}

/** One line a mistake, each naming its setting. */
export class ConfigError extends Error {
  readonly mistakes: string[];

  constructor(mistakes: string[]) {
    super(`The settings are not valid:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`);
    this.name = 'ConfigError';
    this.mistakes = mistakes;
  }
}

type Environment = Record<string, string | undefined>;

const listenSchema = z.string().transform((text, context) => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match && port <= 65_535) return { host: match[1] ?? match[2] ?? '', port };
  context.addIssue('must be HOST:PORT, such as 127.0.0.1:8420 or [::1]:8420');
  return z.NEVER;
});

const urlSchema = (protocols: string[], example: string) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be a URL such as ${example}`,
    );

const publicUrlSchema = urlSchema(['http:', 'https:'], 'https://tokens.example.com')
  .refine(
    (text) => !URL.canParse(text) || new URL(text).search + new URL(text).hash + new URL(text).username === '',
    'must be without user, query and fragment',
  )
  .transform((text) => text.replace(/\/+$/, ''));

const durationSchema = z.string().transform((text, context) => {
  const seconds = /^[0-9]{1,10}$/.test(text) ? Number(text) : parseDuration(text);
  if (seconds !== null && seconds >= 1 && seconds <= limits.expirySecondsMaximum) return seconds;
  context.addIssue('must be a time such as 12h, 90d or 1y, at most 100 years');
  return z.NEVER;
});

const proxiesSchema = z.string().transform((text, context) => {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  for (const entry of entries) {
    try {
      parseCidr(entry);
    } catch {
      context.addIssue(`must be addresses or CIDR ranges between commas; this is none: ${entry}`);
    }
  }
  return entries;
});

const settingsSchema = z.object({
  TOKENSD_LISTEN: listenSchema.default({ host: '127.0.0.1', port: 8420 }),
  TOKENSD_PUBLIC_URL: publicUrlSchema.optional(),
  TOKENSD_DATA_DIR: z.string().optional(),
  TOKENSD_DATABASE_URL: z
    .string()
    .regex(/^sqlite:./, 'must be sqlite:/path/to/file (PostgreSQL is not supported yet)')
    .optional(),
  TOKENSD_SMTP_URL: urlSchema(['smtp:', 'smtps:'], 'smtp://user:password@mail.example.com:587').optional(),
  TOKENSD_MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/, 'must be an e-mail address')
    .optional(),
  TOKENSD_TRUSTED_PROXIES: proxiesSchema.default(['127.0.0.1/32', '::1/128']),
  TOKENSD_TOKEN_PREFIX: z
    .string()
    .regex(productPrefixPattern, 'must be 2 to 10 characters a–z and 0–9 and begin with a letter')
    .default('tok'),
  TOKENSD_MAX_TOKENS_PER_USER: z
    .string()
    .regex(/^[1-9][0-9]{0,6}$/, 'must be a whole number from 1 to 9999999')
    .transform(Number)
    .default(1000),
  TOKENSD_ORGANIZATION: z
    .string()
    .max(200, 'must be at most 200 characters')
    .regex(/^\P{C}*$/u, 'must not hold control characters')
    .optional(),
  TOKENSD_MAX_EXPIRY: durationSchema.optional(),
  TOKENSD_DEFAULT_EXPIRY: durationSchema.optional(),
  TOKENSD_LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
});

const expirySchema = settingsSchema.pick({ TOKENSD_MAX_EXPIRY: true, TOKENSD_DEFAULT_EXPIRY: true });

/** Names of every setting, in the order in which they are documented. */
export const settingNames: readonly string[] = Object.keys(settingsSchema.shape);

/** Reads the settings from the environment. @throws ConfigError with every mistake at once */
export function readConfig(env: Environment): Config {
  const present = presentSettings(env);
  const parsed = settingsSchema.safeParse(present);
  const mistakes = parsed.error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`) ?? [];
  const { TOKENSD_MAX_EXPIRY: maximum, TOKENSD_DEFAULT_EXPIRY: fallback } = expirySchema.safeParse(present).data ?? {};
  if (maximum !== undefined && fallback !== undefined && fallback > maximum) {
    mistakes.push('TOKENSD_DEFAULT_EXPIRY must not be longer than TOKENSD_MAX_EXPIRY');
  }
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(mistakes);
  return toConfig(parsed.data, env);
}

/** Variables that look like settings and are none, for a warning: most are typing mistakes. */
export function unknownSettings(env: Environment): string[] {
  return Object.keys(env).filter((name) => name.startsWith('TOKENSD_') && !settingNames.includes(name));
}

/** The effective settings as `NAME=value` lines, passwords hidden. */
export function describeConfig(config: Config): string[] {
  const { host, port } = config.listen;
  const lines: Array<[string, string | number | null]> = [
    ['TOKENSD_LISTEN', hostAndPort(host, port)],
    ['TOKENSD_PUBLIC_URL', config.publicUrl],
    ['TOKENSD_DATA_DIR', config.dataDir],
    ['TOKENSD_DATABASE_URL', withoutPassword(config.databaseUrl)],
    ['TOKENSD_SMTP_URL', config.smtpUrl && withoutPassword(config.smtpUrl)],
    ['TOKENSD_MAIL_FROM', config.mailFrom],
    ['TOKENSD_TRUSTED_PROXIES', config.trustedProxies.join(',')],
    ['TOKENSD_TOKEN_PREFIX', config.tokenPrefix],
    ['TOKENSD_MAX_TOKENS_PER_USER', config.maxTokensPerUser],
    ['TOKENSD_ORGANIZATION', config.organization],
    ['TOKENSD_MAX_EXPIRY', config.maxExpiry],
    ['TOKENSD_DEFAULT_EXPIRY', config.defaultExpiry],
    ['TOKENSD_LOG_LEVEL', config.logLevel],
  ];
  return lines.map(([name, value]) => `${name}=${value ?? ''}`);
}

/** `HOST:PORT` with brackets around an IPv6 address. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Empty means unset, as in compose files; only TOKENSD_TRUSTED_PROXIES says something when empty: trust nobody. */
function presentSettings(env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) => settingNames.includes(name) && (value !== '' || name === 'TOKENSD_TRUSTED_PROXIES'),
    ),
  );
}

function toConfig(settings: z.infer<typeof settingsSchema>, env: Environment): Config {
  const listen = settings.TOKENSD_LISTEN;
  const publicUrl = settings.TOKENSD_PUBLIC_URL ?? `http://${hostAndPort(listen.host, listen.port)}`;
  const stateHome = env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local', 'state');
  const dataDir = resolve(settings.TOKENSD_DATA_DIR ?? join(stateHome, 'tokensd'));
  return {
    listen,
    publicUrl,
    dataDir,
    databaseUrl: settings.TOKENSD_DATABASE_URL ?? `sqlite:${join(dataDir, 'tokens.db')}`,
    smtpUrl: settings.TOKENSD_SMTP_URL ?? null,
    mailFrom: settings.TOKENSD_MAIL_FROM ?? `tokens@${mailDomain(publicUrl)}`,
    trustedProxies: settings.TOKENSD_TRUSTED_PROXIES,
    tokenPrefix: settings.TOKENSD_TOKEN_PREFIX,
    maxTokensPerUser: settings.TOKENSD_MAX_TOKENS_PER_USER,
    organization: settings.TOKENSD_ORGANIZATION ?? null,
    maxExpiry: settings.TOKENSD_MAX_EXPIRY ?? null,
    defaultExpiry: settings.TOKENSD_DEFAULT_EXPIRY ?? null,
    logLevel: settings.TOKENSD_LOG_LEVEL,
  };
}

function mailDomain(publicUrl: string): string {
  const { hostname } = new URL(publicUrl);
  return /^[0-9.]+$|^\[/.test(hostname) ? 'localhost' : hostname;
}

function withoutPassword(text: string): string {
  const url = new URL(text);
  if (url.password === '') return text;
  url.password = '***';
  return url.href;
}
