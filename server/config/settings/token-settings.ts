import { z } from 'zod';
import { productPrefixPattern } from '../../../shared/token-format.ts';
import type { Setting } from './setting.ts';
import {
  booleanValue,
  durationValue,
  maxTokensValue,
  organizationValue,
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
      'Rejects a token (`idle`) that was not created, used, rotated or resumed for this long, such as `90d`. `tokens resume` revives it. No token becomes idle in the first 14 days with this setting, or with a shorter one than before.',
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
} satisfies Record<string, Setting>;
