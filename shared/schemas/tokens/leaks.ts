import { z } from 'zod';
import { limits } from '../../limits.ts';

/** The body with which trufflehog's custom detectors ask about found values: `{"NAME": {"GROUP": ["value"]}}`. */
export const leakVerifyBodySchema = z
  .record(z.string(), z.record(z.string(), z.array(z.string())))
  .describe('The name of a detector, its groups, and the values of each')
  .meta({ id: 'LeakVerifyRequest', example: { tokens: { value: ['tok_0123456789abcdefghijklmnopqrstuvwxyzAB'] } } });

const reportedSchema = z.object({
  token: z.string().describe('The value that was found'),
  type: z.string().describe('What the scanner calls such values. The response repeats it'),
  url: z.string().nullish().describe('Where it was found. User name, password and query are not kept'),
  source: z.string().nullish().describe('The kind of place, such as `commit`'),
});

/** The body of an alert of GitHub's secret scanning. Fields that GitHub adds are ignored. */
export const leakReportBodySchema = z
  .array(reportedSchema, 'Send a list of found values.')
  .min(1, 'Send at least one value.')
  .max(limits.maxReportedValues, `Send at most ${limits.maxReportedValues} values.`)
  .meta({ id: 'LeakReport' });

export const leakFeedbackSchema = z
  .array(
    z.object({
      token_raw: z.string().describe('The value, as it was reported'),
      token_type: z.string(),
      label: z
        .enum(['true_positive', 'false_positive'])
        .describe(
          '`true_positive`: the value is one of this server, or was one before it was revoked, rotated or expired',
        ),
    }),
  )
  .meta({ id: 'LeakFeedback' });
export type LeakFeedback = z.infer<typeof leakFeedbackSchema>;
