import { z } from 'zod';
import { queryBooleanSchema } from '../common.ts';
import { usageQuerySchema } from './usage.ts';

export const suggestionQuerySchema = usageQuerySchema.extend({
  force: queryBooleanSchema.optional().describe('Whether to suggest rules even if the token has fewer than 20 uses'),
});

export const suggestionSchema = z
  .object({
    apps: z.array(z.string()).nullable().describe('Names of apps, or null for no such rule'),
    read_only: z.boolean(),
    allow: z.array(z.string()).nullable().describe('At most ten lines, or null for no such rule'),
    networks: z.array(z.string()).nullable().describe('CIDR ranges, or null for no such rule'),
    uses: z.int().describe('Allowed uses in the window'),
    covers: z
      .array(
        z.object({
          rule: z.string().describe('The name of an app, `read_only`, a line of `allow`, or a network'),
          uses: z.int().describe('Recorded uses that it covers, also those before the window'),
        }),
      )
      .describe('How many recorded uses each rule covers'),
    omitted: z
      .array(
        z.object({
          rule: z.enum(['apps', 'read_only', 'allow', 'networks']),
          reason: z
            .enum([
              'no-app',
              'deleted-app',
              'unknown-method',
              'unknown-path',
              'ambiguous-path',
              'unknown-network',
              'too-many',
              'present-rule',
            ])
            .describe(
              '`no-app`, `deleted-app`: a use was for no app, or for one that no longer exists. `unknown-…`: no trusted proxy sent it. `ambiguous-path`: rules deny a path that was used. `too-many`: more values than are recorded, or than a rule can hold. `present-rule`: the present rule allows less',
            ),
        }),
      )
      .describe('Rules that would deny a recorded use, or allow more than the present rule, and so are not suggested'),
  })
  .meta({ id: 'Suggestion' });
export type Suggestion = z.infer<typeof suggestionSchema>;
