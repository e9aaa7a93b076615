import { z } from 'zod';
import { limits } from '../../limits.ts';
import { pauseTokenBodySchema } from './token-changes.ts';

const idsSchema = z
  .array(z.uuid('An ID is a UUID.').toLowerCase(), 'ids must be a list of IDs.')
  .min(1, 'Send at least one ID.')
  .max(limits.maxBulkTokens, `Send at most ${limits.maxBulkTokens.toLocaleString('en')} IDs.`)
  .describe('The IDs of the tokens')
  .meta({ example: ['019316a4-b2f3-7000-8000-4d2b5c1e9a07'] });

export const revokeTokensBodySchema = z.strictObject({ ids: idsSchema }).meta({ id: 'RevokeTokens' });

export const resumeTokensBodySchema = z.strictObject({ ids: idsSchema }).meta({ id: 'ResumeTokens' });

export const pauseTokensBodySchema = z
  .strictObject({ ids: idsSchema, ...pauseTokenBodySchema.shape })
  .refine((body) => body.until === undefined || body.for === undefined, {
    path: ['for'],
    error: 'Send until or for, not both.',
  })
  .meta({ id: 'PauseTokens' });

const labelFields = {
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  owner: z.string().describe('The email address of the member, or `service-account:NAME`'),
};

export const skipReasonSchema = z.enum([
  'already-revoked',
  'already-paused',
  'canary',
  'expired',
  'not-allowed',
  'transferred',
  'not-found',
]);
export type SkipReason = z.infer<typeof skipReasonSchema>;

/** The outcome of a change of many tokens, for each token. */
export const bulkOutcomeSchema = z
  .object({
    done: z.array(z.object(labelFields)).describe('The tokens that were changed'),
    skipped: z
      .array(
        z.object({
          id: z.string(),
          name: z.string().nullable().describe('Null if the reason is `not-found`'),
          owner: z.string().nullable(),
          reason: skipReasonSchema.describe(
            '`canary`: only `POST /tokens/{id}/pause` pauses a canary, because a pause stops the mails about its uses. `transferred`: the token got another owner during the request. `not-found`: there is no such token, or the caller may not see it',
          ),
        }),
      )
      .describe('The tokens that were left as they are'),
    failed: z
      .array(
        z.object({
          ...labelFields,
          code: z.string().describe('The code of the problem that ended the request in the middle'),
          detail: z.string(),
        }),
      )
      .describe('The tokens that were not reached. Send their IDs again'),
  })
  .meta({ id: 'BulkOutcome' });
export type BulkOutcome = z.infer<typeof bulkOutcomeSchema>;
