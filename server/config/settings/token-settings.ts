import { z } from 'zod';
import { productPrefixPattern } from '../../../shared/token-format.ts';
import type { Setting } from './setting.ts';
import {
  booleanValue,
  durationsValue,
  durationValue,
  issuerValue,
  leakActionValue,
  maxTokensValue,
  organizationValue,
  shortLivedDigestValue,
  usageDurationValue,
} from './setting-values.ts';

/** The settings about tokens, and the name of the organization. */
export const tokenSettings = {
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
  TOKENSD_MAX_IDLE: {
    schema: durationValue.optional(),
    default: 'none',
    description:
      'Denies a token (`idle`) that was not created, used, rotated or resumed for this long, such as `90d`. `tokens resume` revives it. No token becomes idle in the first 14 days with this setting, or with a shorter one than before.',
  },
  TOKENSD_KEEP_USAGE: {
    schema: usageDurationValue.default(400 * 24 * 60 * 60),
    default: '`400d`',
    description: 'How long the number of uses in each hour is kept. At least `1d`.',
  },
  TOKENSD_NEW_NETWORK_NOTICES: {
    schema: booleanValue.default(true),
    default: '`true`',
    description:
      'Whether members get a mail when a token that has been in use for a week is used from a network for the first time.',
  },
  TOKENSD_KEEP_EXPIRED: {
    schema: durationValue.default(30 * 86_400),
    default: '`30d`',
    description:
      'How long expired tokens are listed. Tokens with a lifetime of at most a day are listed for an hour. Afterwards, the reason `expired` is kept for 90 days.',
  },
  TOKENSD_EXPIRY_NOTICES: {
    schema: durationsValue.default([30 * 86_400, 7 * 86_400, 86_400]),
    isList: true,
    mayBeEmpty: true,
    default: '`30d,7d,1d`',
    description:
      'How long before its expiry the owner of a token gets a [mail about it](./expiry.md#notices). An empty value turns these mails off.',
  },
  TOKENSD_SHORT_LIVED_DIGEST: {
    schema: shortLivedDigestValue.default(3_600),
    default: '`1h`',
    description:
      'How long mails about tokens with a lifetime of at most a day are [collected](./expiry.md#mails-about-short-lived-tokens), at most `24h`.',
  },
  TOKENSD_LEAK_ACTION: {
    schema: leakActionValue.default('revoke'),
    default: '`revoke`',
    description:
      'What happens to a token whose value is [reported as leaked](./leaks.md#when-a-value-is-reported): `revoke`, `pause`, which only a superuser ends, or `notify`, which only sends the mails.',
  },
  TOKENSD_GITHUB_SECRET_SCANNING_KEYS: {
    schema: issuerValue.optional(),
    isSecret: true,
    default: 'none: every report needs a client or a management key',
    description:
      'Where GitHub publishes the keys of its secret scanning, `https://api.github.com/meta/public_keys/secret_scanning`. With it, [alerts that GitHub signed](./leaks.md#github) are accepted. `http://` is accepted only for a loopback address.',
  },
} satisfies Record<string, Setting>;
