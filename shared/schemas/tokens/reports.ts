import { z } from 'zod';
import { orphanedMeaning, type ReportedTokens, reportedTokens } from '../../tokens/report.ts';
import { timeSchema } from '../common.ts';

const countOf = (name: ReportedTokens) => {
  const { meaning, query } = reportedTokens[name];
  const list = new URLSearchParams({ all: 'true' });
  for (const [parameter, value] of Object.entries(query)) list.set(parameter, String(value));
  return z.int().describe(`Tokens: ${meaning}. \`GET /tokens?${list}\` lists them`);
};

export const tokenReportSchema = z
  .object({
    active: countOf('active'),
    never_expiring: countOf('never_expiring'),
    never_used: countOf('never_used'),
    unused: countOf('unused'),
    unrotated: countOf('unrotated'),
    expiring: countOf('expiring'),
    owner_disabled: countOf('owner_disabled'),
  } satisfies Record<ReportedTokens, z.ZodType>)
  .extend({
    orphaned: z.int().describe(`Not tokens: ${orphanedMeaning}. \`GET /service-accounts?orphaned=true\` lists them`),
    as_of: timeSchema.describe('When it was counted. If counting takes long, up to five minutes ago'),
  })
  .meta({ id: 'TokenReport' });
export type TokenReport = z.infer<typeof tokenReportSchema>;
