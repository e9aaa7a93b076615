import { z } from 'zod';
import type { Setting } from './setting.ts';
import { booleanValue, durationValue, sessionDurationValue } from './setting-values.ts';

const day = 24 * 60 * 60;

/** The settings about signing in, and about how long a session lasts. */
export const signInSettings = {
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
    description:
      'Whether every member who signs in with a password must use two-factor sign-in. A passkey counts as both factors.',
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
} satisfies Record<string, Setting>;
