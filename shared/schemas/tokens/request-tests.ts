import { z } from 'zod';
import { askedRequestSchema, forbidReasonSchema } from './rules.ts';

/** The request in the body of a test. */
export const requestTestBodySchema = z
  .strictObject({
    ...askedRequestSchema.shape,
    method: askedRequestSchema.shape.method.unwrap().describe('The method of the request'),
    path: askedRequestSchema.shape.path.unwrap().meta({
      description: 'Its path as the client sends it, neither decoded nor normalized. A query is ignored',
      example: '/api/builds',
    }),
    app: z
      .string()
      .regex(/^[!-~]{1,200}$/, 'app must be the name of an app.')
      .optional()
      .describe('The name of the app that it is for'),
  })
  .meta({ id: 'TestRequest' });

/** The rules that a test may leave unchecked, because the request has no app or no address. Listed in this order. */
export const notCheckedSchema = z.enum(['app', 'group', 'network']);
export type NotChecked = z.infer<typeof notCheckedSchema>;

export const requestTestSchema = z
  .object({
    verdict: z
      .enum(['allow', 'conditional', 'deny'])
      .describe(
        '`conditional`: the request lacks its app or its IP address, and what `not_checked` lists may deny it. `deny`: it is denied, whatever it lacks',
      ),
    deny_reason: z
      .string()
      .nullable()
      .describe('Why the request is denied, as in `X-Tokens-Reason`, or null. It is `unknown` for a canary'),
    would_deny: forbidReasonSchema
      .nullable()
      .describe("Why the request would be denied if the token's rules were applied, or null"),
    rule: z
      .string()
      .nullable()
      .describe(
        'The rule or the status that decides, as `tokens show` prints it, or null if none does. If `would_deny` is not null, the rule that would deny the request',
      ),
    not_checked: z
      .array(notCheckedSchema)
      .describe(
        "What the test did not check. `app` and `network`: the token has a rule about apps or networks, and the request has no app or no IP address. `group`: the request has no app, and there is one for groups that the owner is not in. Empty if the request is denied. If the token's rules are not applied, `app` and `network` leave the verdict `allow`",
      ),
  })
  .meta({ id: 'RequestTest' });
export type RequestTest = z.infer<typeof requestTestSchema>;
