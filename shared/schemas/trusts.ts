import { z } from 'zod';
import { limits } from '../limits.ts';
import { hasForbiddenCharacters } from '../names.ts';
import { redact } from '../redact.ts';
import { isLoopback, parseUrl } from '../urls.ts';
import { idSchema, pageQuerySchema, pageSchema, timeSchema } from './common.ts';
import { ruleFields, tokenRuleFields } from './tokens/rules.ts';

/** Bounds of the texts of a trust. */
export const trustLimits = {
  maxClaims: 20,
  maxTextCharacters: 512,
} as const;

/** Claims that differ in every token, or that have a field of their own. */
const reservedClaims = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti'];

const maxText = `It must have at most ${trustLimits.maxTextCharacters} characters.`;

/** Text of one line without secrets. */
const textSchema = z
  .string()
  .min(1, 'It must not be empty.')
  .max(trustLimits.maxTextCharacters, maxText)
  .refine((text) => !hasForbiddenCharacters(text), 'It must not contain control or zero-width characters.')
  .refine((text) => redact(text) === text, 'It must not contain a token value or another secret.');

export const trustNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,47}$/,
    'The name of a trust has 1 to 48 lowercase letters, digits and hyphens, and does not begin with a hyphen.',
  )
  .meta({ description: 'The name of the trust, which jobs may name. It cannot be changed', example: 'deploy-api' });

const issuerSchema = textSchema
  .refine(
    isIssuer,
    'Enter the issuer exactly as its tokens name it, such as https://gitlab.com: an https address without a user name, query and fragment. Only an issuer on this machine may use http.',
  )
  .meta({ example: 'https://token.actions.githubusercontent.com' });

const claimNameSchema = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_.:/-]{0,127}$/,
    'The name of a claim has up to 128 letters, digits and the characters _ . : / -',
  )
  .refine(
    (name) => !reservedClaims.includes(name),
    `A trust cannot name ${reservedClaims.join(', ')} as claims. It has the fields issuer and audience.`,
  );

const claimValueSchema = textSchema.refine(
  isClaimPattern,
  'A * may only be the last character, after “/” or “:”, as in repo:acme/api:*.',
);

const claimsSchema = z
  .record(claimNameSchema, claimValueSchema)
  .refine(
    (claims) => Object.keys(claims).length > 0,
    'Name at least one claim. Every token of the issuer would be accepted otherwise.',
  )
  .refine(
    (claims) => Object.keys(claims).length <= trustLimits.maxClaims,
    `A trust can name at most ${trustLimits.maxClaims} claims.`,
  )
  .meta({
    description:
      'Claims of a subject token and the texts that they must equal. A final `*` after `/` or `:` stands for any rest that is not empty',
    example: { sub: 'repo:acme/api:*' },
  });

const ttlError = 'The ttl of a trust must be a whole number of seconds from 60 to 3600.';

const fields = {
  service_account: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Enter the name of a service account.')
    .meta({ description: 'The service account that owns the tokens', example: 'ci' }),
  issuer: issuerSchema.describe('The `iss` of subject tokens'),
  audience: textSchema.nullable().meta({
    description: 'An `aud` of subject tokens. Null: the public URL of this server',
    example: 'https://tokens.example.com',
  }),
  claims: claimsSchema,
  apps: ruleFields.apps.unwrap().meta({
    description:
      'The names of the apps that the tokens work for. With an empty list, they work nowhere. Null: no such rule',
    example: ['builds'],
  }),
  read_only: z.boolean().describe('Whether the tokens may only use methods that change nothing'),
  allow: ruleFields.allow.unwrap().meta({
    description: 'Lines of methods and a path. At least one must match a request. Null: no such rule',
    example: ['GET,HEAD /api/**'],
  }),
  ttl: z
    .int(ttlError)
    .min(limits.minTrustTtlSeconds, ttlError)
    .max(limits.maxTrustTtlSeconds, ttlError)
    .meta({ description: 'How many seconds a token is valid. 900 by default', example: 900 }),
};

/** A trust: which identity tokens of an issuer may be exchanged for a token of a service account. */
export const trustSchema = z
  .object({
    id: idSchema,
    name: z.string().meta({ example: 'deploy-api' }),
    service_account: z.string().meta({ example: 'ci' }),
    issuer: z.string(),
    audience: z.string().nullable().describe('Null: the public URL of this server'),
    claims: z.record(z.string(), z.string()),
    apps: tokenRuleFields.apps,
    read_only: tokenRuleFields.read_only,
    allow: tokenRuleFields.allow,
    ttl: z.int().describe('Seconds'),
    created_at: timeSchema,
  })
  .meta({ id: 'Trust' });
export type Trust = z.infer<typeof trustSchema>;

export const createTrustBodySchema = z
  .strictObject({
    name: trustNameSchema,
    service_account: fields.service_account,
    issuer: fields.issuer,
    audience: fields.audience.optional(),
    claims: fields.claims,
    apps: fields.apps.optional(),
    read_only: fields.read_only.optional(),
    allow: fields.allow.optional(),
    ttl: fields.ttl.optional(),
  })
  .meta({ id: 'CreateTrust' });
export type CreateTrustBody = z.infer<typeof createTrustBodySchema>;

export const editTrustBodySchema = z
  .strictObject(z.object(fields).partial().shape)
  .refine((body) => Object.keys(body).length > 0, 'Send at least one field.')
  .meta({ id: 'EditTrust' });
export type EditTrustBody = z.infer<typeof editTrustBodySchema>;

export const trustListQuerySchema = pageQuerySchema.extend({
  name: z.string().min(1).optional().describe('Only the trust with this name'),
});
export const trustPageSchema = pageSchema(trustSchema).meta({ id: 'TrustPage' });

function isIssuer(text: string): boolean {
  if (/\s/.test(text) || !/^https?:\/\//.test(text) || parseUrl(text) === null) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '' || /[?#]/.test(text)) return false;
  return protocol === 'https:' || isLoopback(hostname);
}

function isClaimPattern(text: string): boolean {
  const star = text.indexOf('*');
  return star === -1 || (star === text.length - 1 && /[/:]\*$/.test(text));
}
