import type { Caller } from '../../domain/caller.ts';
import type { AppDeps } from '../../http/context.ts';
import type { TokenRecord } from '../../store/records.ts';
import { shownDays } from './usage/usage-section.tsx';

/** Reads what the page of a token shows of it. */
export async function factsOfToken(
  { tokens, usage, statusContext }: Pick<AppDeps, 'tokens' | 'usage' | 'statusContext'>,
  caller: Caller,
  token: TokenRecord,
) {
  return {
    token,
    actsAsOwner: await tokens.actsAsOwner(caller, token),
    names: await tokens.appNames([token]),
    usage: await usage.ofToken(token, shownDays),
    statusContext: statusContext(),
  };
}
