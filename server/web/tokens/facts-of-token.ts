import type { AppContext, AppDeps } from '../../http/context.ts';
import type { TokenRecord } from '../../store/records.ts';
import { readHistory } from '../audit/history/read-history.ts';
import { shownDays } from './usage/usage-section.tsx';

export type TokenFacts = Awaited<ReturnType<typeof factsOfToken>>;

export type FactsDeps = Pick<AppDeps, 'tokens' | 'usage' | 'audit' | 'statusContext'>;

/** Reads what the page of a token shows of it. */
export async function factsOfToken(
  { tokens, usage: reader, audit, statusContext }: FactsDeps,
  c: AppContext,
  token: TokenRecord,
) {
  const caller = c.get('caller');
  const usage = await reader.ofToken(caller, token, shownDays);
  return {
    token,
    actsAsOwner: await tokens.actsAsOwner(caller, token),
    names: new Map([...(await tokens.appNames([token])), ...(await reader.appNames(usage))]),
    usage,
    history: await readHistory(c, (page) => audit.ofToken(caller, token, page)),
    statusContext: statusContext(),
  };
}
