import { z } from 'zod';
import type { Setting } from './setting.ts';
import { booleanValue, domainsValue, emailVerifiedValue, issuerValue, scopesValue } from './setting-values.ts';

/** The settings about the identity provider. */
export const ssoSettings = {
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
    isSecret: true,
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
} satisfies Record<string, Setting>;
