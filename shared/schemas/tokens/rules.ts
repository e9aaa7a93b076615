import { z } from 'zod';
import { limits } from '../../limits.ts';
import { redact } from '../../redact.ts';

/** The reasons why a token that works may not make a request. The first one that applies is reported. */
export const forbidReasonSchema = z
  .enum(['app', 'group', 'method', 'path', 'network', 'management'])
  .describe(
    "`app`: the token may not be used for this app, or the app does not exist. `group`: the owner is in none of the app's groups. `method`, `path` and `network`: a rule of the token does not allow the method, the path or the client's address. `management`: the token is a management key, which works at the API only.",
  );

export type ForbidReason = z.infer<typeof forbidReasonSchema>;

const maxEntries = `A rule can have at most ${limits.maxRuleEntries} entries.`;
const emptyRule = 'Enter at least one, or null for no rule.';

/** One entry of a rule. A secret that is pasted here by mistake would be stored and shown to others. */
const entrySchema = z
  .string()
  .max(limits.maxAllowLineCharacters, `An entry can have up to ${limits.maxAllowLineCharacters} characters.`)
  .refine((text) => redact(text) === text, 'A rule must not contain a token value or another secret.');

/** The rules of a token in the body that creates or edits it. */
export const ruleFields = {
  apps: z
    .array(entrySchema)
    .max(limits.maxRuleEntries, maxEntries)
    .nullable()
    .optional()
    .describe(
      'The names of the apps that the token works for. Requests for other apps, or for none, are denied; with an empty list, all are. Null: no such rule',
    ),
  read_only: z
    .boolean()
    .nullable()
    .optional()
    .describe('Whether only the methods GET, HEAD, OPTIONS, PROPFIND, REPORT, SEARCH and QUERY are allowed'),
  allow: z
    .array(entrySchema)
    .min(1, emptyRule)
    .max(limits.maxRuleEntries, maxEntries)
    .nullable()
    .optional()
    .meta({
      description:
        'Lines of methods and a path, such as `GET,HEAD /api/**`. At least one must match a request. `*` as the method is any method; `*` in a path is one segment, and `**` at the end is any rest. Null: no such rule',
      example: ['GET,HEAD /api/**'],
    }),
  networks: z
    .array(entrySchema)
    .min(1, emptyRule)
    .max(limits.maxRuleEntries, maxEntries)
    .nullable()
    .optional()
    .meta({
      description: "CIDR ranges. The client's address must be in one of them. Null: no such rule",
      example: ['203.0.113.0/24'],
    }),
  enforce: z
    .boolean()
    .optional()
    .describe('Whether the rules are applied. If false, they are evaluated and counted, but deny nothing'),
};
const ruleBodySchema = z.object(ruleFields);
export type RuleFields = z.infer<typeof ruleBodySchema>;

/** The rules of a token in a response. */
export const tokenRuleFields = {
  apps: z
    .array(z.string())
    .nullable()
    .describe('The apps that the token works for, as far as they exist, or null for no such rule'),
  read_only: z.boolean().describe('Whether only methods that change nothing are allowed'),
  allow: z
    .array(z.string())
    .nullable()
    .describe('Lines of methods and a path, of which one must match a request, or null for no such rule'),
  networks: z
    .array(z.string())
    .nullable()
    .describe("CIDR ranges, of which one must contain the client's address, or null for no such rule"),
  enforce: z.boolean().describe('Whether the rules are applied. False: they are only evaluated and counted'),
};

/** The request that rules are evaluated against. A rule is not evaluated if its field is missing. */
export const askedRequestSchema = z.object({
  method: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, 'method must be an HTTP method such as GET.')
    .optional()
    .describe('The method of a request. With any of `method`, `path`, `ip` and `app`, the response has a `decision`'),
  path: z
    .string()
    .max(8192, 'path can have up to 8192 characters.')
    .regex(/^\//, 'path must start with “/”.')
    .optional()
    .describe('Its path as the client sends it, neither decoded nor normalized. A query is ignored'),
  ip: z.string().optional().describe("The client's IP address"),
  app: z.string().max(200).optional().describe('The name of the app that it is for'),
});
export type AskedRequest = z.infer<typeof askedRequestSchema>;

export const decisionSchema = z
  .object({
    allowed: z.boolean(),
    reason: forbidReasonSchema.nullable().describe('Why the request is denied, or null'),
    would_deny: forbidReasonSchema
      .nullable()
      .describe("Why the request would be denied if the token's rules were applied, or null"),
  })
  .meta({ id: 'Decision' });
export type Decision = z.infer<typeof decisionSchema>;
