import { z } from 'zod';
import { productPrefixPattern } from '../../shared/token-format.ts';
import { databaseUrlValue } from './database-url.ts';
import {
  booleanValue,
  directoryValue,
  domainsValue,
  durationValue,
  emailVerifiedValue,
  issuerValue,
  listenValue,
  logLevelValue,
  mailFromValue,
  maxTokensValue,
  organizationValue,
  proxiesValue,
  publicUrlValue,
  scopesValue,
  sessionDurationValue,
  smtpUrlValue,
} from './setting-values.ts';

interface Setting {
  /** Parses the text of the environment variable. Its messages continue "NAME …". */
  schema: z.ZodType;
  /** The value that applies if the variable is unset, as Markdown. */
  default: string;
  /** What the setting does, as Markdown. */
  description: string;
  /** Whether the value is a list, whose entries may also be on lines of their own. */
  isList?: true;
  /** Whether an empty value has a meaning of its own. Otherwise it counts as unset. */
  mayBeEmpty?: true;
}

const day = 24 * 60 * 60;

/** The settings of the daemon, in the order in which they are documented. */
const table = {
  TOKENSD_LISTEN: {
    schema: listenValue.default({ host: '127.0.0.1', port: 8420 }),
    default: '`127.0.0.1:8420`',
    description: 'Address and port to listen on. `:8420` and `*:8420` mean all addresses.',
  },
  TOKENSD_PUBLIC_URL: {
    schema: publicUrlValue.optional(),
    default: '`http://` and the value of `TOKENSD_LISTEN`, with `localhost` for all addresses',
    description:
      'Address at which members reach the daemon, such as `https://tokens.example.com` or `https://example.com/tokens`. Links in mails use it, and the console rejects forms from any other origin.',
  },
  TOKENSD_DATA_DIR: {
    schema: directoryValue.optional(),
    default: '`$XDG_STATE_HOME/tokensd`',
    description:
      'Directory for the database and for spooled mail, created with mode 0700. If `XDG_STATE_HOME` is unset, `~/.local/state` takes its place.',
  },
  TOKENSD_DATABASE_URL: {
    schema: databaseUrlValue.optional(),
    default: '`sqlite:DATA_DIR/tokens.db`',
    description:
      '`sqlite:/path/to/file`, or `postgres://user:password@host:5432/database` to run several daemons on one database. For a Unix socket: `postgres://user@%2Frun%2Fpostgresql/database`.',
  },
  TOKENSD_SMTP_URL: {
    schema: smtpUrlValue.optional(),
    default: 'none: mail is written to `DATA_DIR/mail/*.eml`',
    description:
      'Mail server, as `smtp://user:password@host:587` or `smtps://…`. With `smtp://`, STARTTLS is used if the server offers it; add `?requireTLS=true` to require it. [Mail](./mail.md) lists the other parameters.',
  },
  TOKENSD_MAIL_FROM: {
    schema: mailFromValue.optional(),
    default: '`tokens@` and the host of `TOKENSD_PUBLIC_URL`',
    description: 'Sender address of mails.',
  },
  TOKENSD_TRUSTED_PROXIES: {
    schema: proxiesValue.default(['127.0.0.1/32', '::1/128']),
    isList: true,
    mayBeEmpty: true,
    default: '`127.0.0.1/32,::1/128`',
    description:
      'IP addresses or CIDR ranges of proxies whose headers about the client and the original request are trusted. An empty value trusts no proxy.',
  },
  TOKENSD_TOKEN_PREFIX: {
    schema: z
      .string()
      .regex(productPrefixPattern, 'must be 2 to 10 lower-case letters and digits, starting with a letter')
      .default('tok'),
    default: '`tok`',
    description: 'First characters of new token values. Values issued under another prefix keep working.',
  },
  TOKENSD_MAX_TOKENS_PER_USER: {
    schema: maxTokensValue.default(1000),
    default: '`1000`',
    description: 'Maximum number of tokens per member.',
  },
  TOKENSD_ORGANIZATION: {
    schema: organizationValue.optional(),
    default: 'none',
    description: 'Name of your organization, shown in mails and in the console.',
  },
  TOKENSD_MAX_EXPIRY: {
    schema: durationValue.optional(),
    default: 'none',
    description: 'Maximum lifetime of a token, such as `90d`. A request for a longer one is rejected, not shortened.',
  },
  TOKENSD_DEFAULT_EXPIRY: {
    schema: durationValue.optional(),
    default: 'the value of `TOKENSD_MAX_EXPIRY`; if that is unset too, tokens never expire',
    description: 'Lifetime of a token whose request names no expiry, such as `90d`.',
  },
  TOKENSD_OIDC_ISSUER: {
    schema: issuerValue.optional(),
    default: 'none: single sign-on is off',
    description:
      'Issuer URL of your OpenID Connect provider, such as `https://sso.example.com/realms/acme`. `http://` is accepted only for a loopback address.',
  },
  TOKENSD_OIDC_CLIENT_ID: {
    schema: z.string().optional(),
    default: 'none',
    description: 'Client ID of tokensd at the provider. Required with `TOKENSD_OIDC_ISSUER`.',
  },
  TOKENSD_OIDC_CLIENT_SECRET: {
    schema: z.string().optional(),
    default: 'none: a public client with PKCE',
    description: 'Client secret of tokensd at the provider.',
  },
  TOKENSD_OIDC_CLIENT_AUTH: {
    schema: z.enum(['basic', 'post'], 'must be basic or post').optional(),
    default:
      'the method that the provider lists; if it lists both or none, `basic`, and `post` if the provider rejects that',
    description:
      'How the client secret is sent to the provider: `basic` (`client_secret_basic`) or `post` (`client_secret_post`).',
  },
  TOKENSD_OIDC_AUTO_PROVISION: {
    schema: booleanValue.default(true),
    default: '`true`',
    description:
      'Whether a person who is not a member yet becomes one, without the permission to create tokens, at their first single sign-on.',
  },
  TOKENSD_OIDC_ALLOWED_DOMAINS: {
    schema: domainsValue.optional(),
    isList: true,
    default: 'any',
    description: 'Comma-separated email domains that may use single sign-on.',
  },
  TOKENSD_OIDC_SCOPES: {
    schema: scopesValue.optional(),
    isList: true,
    default: 'none',
    description:
      'Scopes to request besides `openid email profile`, separated by spaces or commas, such as `groups`. Some providers send a claim only with its scope.',
  },
  TOKENSD_OIDC_EMAIL_CLAIM: {
    schema: z.string().default('email'),
    default: '`email`',
    description:
      "Claim that holds a person's email address, or a path such as `user.mail`. No provider vouches for a claim other than `email`, so `TOKENSD_OIDC_EMAIL_VERIFIED` must then be `unless-false` or `ignore`.",
  },
  TOKENSD_OIDC_EMAIL_VERIFIED: {
    schema: emailVerifiedValue.default('required'),
    default: '`required`',
    description:
      'Which email addresses count. `required`: those that the provider verified (`email_verified: true`). `unless-false`: also those about which it says nothing. `ignore`: all; [read about the risk first](./single-sign-on.md#unverified-addresses).',
  },
  TOKENSD_OIDC_GROUPS_CLAIM: {
    schema: z.string().default('groups'),
    default: '`groups`',
    description: "Claim that lists a person's groups, or a path such as `realm_access.roles`.",
  },
  TOKENSD_OIDC_SUPERUSER_GROUP: {
    schema: z.string().optional(),
    default: 'none: roles are managed here',
    description:
      'Group of Organization Superusers. At each single sign-on, a member in this group becomes a superuser, and a member outside it stops being one. The role stays as it is if the provider does not send the groups, and the last superuser keeps it.',
  },
  TOKENSD_OIDC_TOKENS_GROUP: {
    schema: z.string().optional(),
    default: 'none: the permission is managed here',
    description:
      'Group of members with the permission to create and manage tokens. At each single sign-on, a member in this group receives it, and a member outside it loses it. The permission stays as it is if the provider does not send the groups.',
  },
  TOKENSD_SSO_MAX_AGE: {
    schema: durationValue.optional(),
    default: 'none',
    description:
      "Suspends a member's tokens (`sso-stale`) if their last single sign-on is older than this, such as `30d`. Signing in restores them.",
  },
  TOKENSD_PASSWORD_SIGN_IN: {
    schema: z.enum(['true', 'superusers', 'false'], 'must be true, superusers or false').default('true'),
    default: '`true`',
    description:
      'Who may sign in with a password: everyone (`true`), Organization Superusers (`superusers`), or nobody (`false`, which needs single sign-on). It applies to the console, `POST /api/v1/sessions` and `/api-token-auth/`. Sessions that began with a password which is no longer accepted end.',
  },
  TOKENSD_REQUIRE_TOTP: {
    schema: booleanValue.default(false),
    default: '`false`',
    description: 'Whether every member who signs in with a password must use two-factor sign-in.',
  },
  TOKENSD_CLI_SESSION_IDLE: {
    schema: sessionDurationValue.default(30 * day),
    default: '`30d`',
    description: 'A session of the command line ends after this long without use, at least `5m`.',
  },
  TOKENSD_CLI_SESSION_MAX: {
    schema: sessionDurationValue.default(180 * day),
    default: '`180d`',
    description:
      'A session of the command line ends this long after the sign-in. One that was approved in a browser ends at the maximum age of the session there at the latest. [Sign-in](./sign-in.md#how-long-a-session-lasts) has the details.',
  },
  TOKENSD_CONSOLE_SESSION_IDLE: {
    schema: sessionDurationValue.default(day / 2),
    default: '`12h`',
    description: 'The same as `TOKENSD_CLI_SESSION_IDLE` for sessions of the console.',
  },
  TOKENSD_CONSOLE_SESSION_MAX: {
    schema: sessionDurationValue.default(30 * day),
    default: '`30d`',
    description: 'A session of the console, and each session that it approved, ends this long after its sign-in.',
  },
  TOKENSD_LOG_LEVEL: {
    schema: logLevelValue.default('info'),
    default: '`info`',
    description: '`debug`, `info`, `warn`, `error` or `silent`. The log is JSON lines on stderr.',
  },
} satisfies Record<string, Setting>;

export type Settings = z.infer<typeof settingsSchema>;

/** Parses the environment variables of the daemon. */
export const settingsSchema = z.object(schemasOf(table));

/** The name, default and description of each setting, in the order of the documentation. */
export const settings: ReadonlyArray<{ name: string; default: string; description: string }> = Object.entries(
  table,
).map(([name, { default: fallback, description }]) => ({ name, default: fallback, description }));

export const settingNames: readonly string[] = Object.keys(table);
/** The settings whose value is a list. */
export const listSettings: readonly string[] = settingNames.filter((name) => settingOf(name).isList);
/** The settings that may be empty. */
export const emptySettings: readonly string[] = settingNames.filter((name) => settingOf(name).mayBeEmpty);

function settingOf(name: string): Setting {
  return table[name as keyof typeof table];
}

function schemasOf<T extends Record<string, Setting>>(entries: T): { [Name in keyof T]: T[Name]['schema'] } {
  const schemas = Object.entries(entries).map(([name, { schema }]) => [name, schema]);
  return Object.fromEntries(schemas) as { [Name in keyof T]: T[Name]['schema'] };
}
