import type { Caller } from '../../domain/caller.ts';
import type { AppDeps } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import type { TokenRecord } from '../../store/records.ts';
import type { TokenHistoryProps } from './history/token-history.tsx';
import { shownDays } from './usage/usage-section.tsx';

export type TokenFacts = Awaited<ReturnType<typeof factsOfToken>>;

export type FactsDeps = Pick<AppDeps, 'tokens' | 'usage' | 'audit' | 'statusContext'>;

/** How many events of its history a page shows. */
const eventsPerPage = 20;

/** Reads what the page of a token shows of it. `cursor` is that of older events. */
export async function factsOfToken(
  { tokens, usage: reader, audit, statusContext }: FactsDeps,
  caller: Caller,
  token: TokenRecord,
  cursor?: string,
) {
  const usage = await reader.ofToken(token, shownDays);
  return {
    token,
    actsAsOwner: await tokens.actsAsOwner(caller, token),
    names: new Map([...(await tokens.appNames([token])), ...(await reader.appNames(usage))]),
    usage,
    history: await historyOf(audit, caller, token, cursor),
    statusContext: statusContext(),
  };
}

/** Reads one page of the audit events about a token that the caller may see. */
export async function historyOf(
  audit: Pick<AppDeps['audit'], 'ofToken'>,
  caller: Caller,
  token: Pick<TokenRecord, 'id' | 'ownerId'>,
  cursor?: string,
): Promise<TokenHistoryProps> {
  const { items, next_cursor } = await readPage(
    { limit: eventsPerPage, cursor: cursor || undefined },
    (page) => audit.ofToken(caller, token, page),
    (event) => event,
  );
  return { events: items, nextCursor: next_cursor };
}
