import { z } from 'zod';
import { parseDuration } from '../../shared/duration.ts';
import { limits } from '../../shared/limits.ts';
import { isLoopback } from '../../shared/loopback.ts';
import { productPrefixPattern } from '../../shared/token-format.ts';
import { parseCidr } from '../http/client-ip.ts';
import { logLevels } from '../observability/log.ts';

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

const booleanSchema = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');

/** Secrets and tokens travel to it: https, or this very machine. */
const issuerSchema = urlSchema(['http:', 'https:'], 'https://sso.example.com').refine(
  (text) => !URL.canParse(text) || new URL(text).protocol === 'https:' || isLoopback(new URL(text).hostname),
  'must be https:// (http:// only on this machine)',
);

const domainsSchema = z
  .string()
  .transform((text) =>
    text
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((domain) => domain !== ''),
  )
  .refine(
    (domains) => domains.every((domain) => /^[\p{L}\p{N}.-]+$/u.test(domain)),
    'must be domains between commas, such as example.com,example.org',
  );

/** Each setting as it stands in the environment, and what it becomes. Messages follow the setting's name. */
export const settingsSchema = z.object({
  TOKENSD_LISTEN: listenSchema.default({ host: '127.0.0.1', port: 8420 }),
  TOKENSD_PUBLIC_URL: publicUrlSchema.optional(),
  TOKENSD_DATA_DIR: z.string().optional(),
  TOKENSD_DATABASE_URL: z
    .string()
    .refine(
      (text) => /^sqlite:./.test(text) || (/^postgres(ql)?:\/\/./.test(text) && URL.canParse(text)),
      'must be sqlite:/path/to/file or postgres://user:password@host:5432/database',
    )
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
  TOKENSD_OIDC_ISSUER: issuerSchema.optional(),
  TOKENSD_OIDC_CLIENT_ID: z.string().optional(),
  TOKENSD_OIDC_CLIENT_SECRET: z.string().optional(),
  TOKENSD_OIDC_AUTO_PROVISION: booleanSchema.default(true),
  TOKENSD_OIDC_ALLOWED_DOMAINS: domainsSchema.optional(),
  TOKENSD_OIDC_GROUPS_CLAIM: z.string().default('groups'),
  TOKENSD_OIDC_SUPERUSER_GROUP: z.string().optional(),
  TOKENSD_OIDC_TOKENS_GROUP: z.string().optional(),
  TOKENSD_SSO_MAX_AGE: durationSchema.optional(),
  TOKENSD_REQUIRE_TOTP: booleanSchema.default(false),
  TOKENSD_LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Names of every setting, in the order in which they are documented. */
export const settingNames: readonly string[] = Object.keys(settingsSchema.shape);
