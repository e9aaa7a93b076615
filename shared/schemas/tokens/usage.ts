import { z } from 'zod';
import { timeSchema } from '../common.ts';
import { deniedRequestSchema } from './tokens.ts';

/** Maximum window of a token's usage, in days. */
export const maxUsageDays = 400;
export const defaultUsageDays = 30;

const daysError = `days must be a whole number from 1 to ${maxUsageDays}.`;

export const usageQuerySchema = z.strictObject({
  days: z
    .string()
    .regex(/^[0-9]{1,3}$/, daysError)
    .transform(Number)
    .pipe(z.int().min(1, daysError).max(maxUsageDays, daysError))
    .optional()
    .describe(`How many days, today included: 1 to ${maxUsageDays}, by default ${defaultUsageDays}`),
});

const count = z.int();
const seen = {
  count: count.describe('All uses since `first_at`, also those before the window'),
  first_at: timeSchema,
  last_at: timeSchema,
};

export const usageSchema = z
  .object({
    days: z
      .array(z.object({ date: z.iso.date(), allowed: count, denied: count }))
      .describe('Every day of the window in UTC, oldest first'),
    denied: z.record(z.string(), count).describe('Denied uses in the window, by reason'),
    would_deny: z
      .record(z.string(), count)
      .describe('Allowed uses in the window that the rules would have denied if they were enforced, by reason'),
    denied_requests: z.array(deniedRequestSchema).describe('The last denied requests, at most 20, newest first'),
    routes: z
      .array(
        z.object({
          method: z.string().nullable().describe('Null if it is unknown'),
          path: z.string().describe('The path without its query, with `*` for numbers, UUIDs and hexadecimal segments'),
          ...seen,
        }),
      )
      .describe('Routes used in the window, most uses first'),
    networks: z
      .array(z.object({ network: z.string().describe('A /24 of IPv4 or a /48 of IPv6'), ...seen }))
      .describe('Networks used in the window, most uses first'),
    agents: z
      .array(z.object({ agent: z.string().describe('The first product of the user agent'), ...seen }))
      .describe('User agents used in the window, most uses first'),
    would_deny_routes: z
      .array(z.object({ method: z.string().nullable(), path: z.string(), reason: z.string(), ...seen }))
      .describe('Routes that the rules would have denied in the window, most uses first'),
  })
  .meta({ id: 'Usage' });
export type Usage = z.infer<typeof usageSchema>;
