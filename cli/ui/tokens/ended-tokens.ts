import type { EndedToken, EndedTokenDetails } from '../../../shared/schemas/tokens/ended-tokens.ts';
import type { Pages } from '../../api/pages.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { printFields } from '../fields.ts';
import { type Column, printTable } from '../table.ts';
import { type Times, timesFor } from '../times.ts';

/** Prints how a token ended, and the requests that were denied since. */
export async function printEndedToken(ctx: Context, token: EndedTokenDetails): Promise<void> {
  const times = timesFor(ctx.stdout, ctx);
  await printFields(ctx.stdout, [
    ['Name', token.name],
    ['Prefix', token.prefix],
    ['Status', token.reason],
    ['Owner', token.owner],
    ['Ended', times.past(token.ended_at)],
    ...(token.ended_by === null ? [] : [['Ended by', token.ended_by] as const]),
    ['Last used', lastUse(token, times)],
    ...token.denied_requests.map((request) => ['Denied since', requestText(request, times)] as const),
    ['ID', token.id],
  ]);
}

export async function printEndedTokens(
  ctx: Context,
  options: GlobalOptions & { all?: boolean },
  pages: Pages<EndedToken>,
): Promise<void> {
  await printTable(ctx, options, columns(timesFor(ctx.stdout, ctx), options), pages, 'No token ended.');
}

function columns(times: Times, { all }: { all?: boolean }): Column<EndedToken>[] {
  const owner: Column<EndedToken> = { head: 'OWNER', text: (token) => token.owner };
  return [
    { head: 'NAME', text: (token) => token.name },
    { head: 'PREFIX', text: (token) => token.prefix },
    { head: 'STATUS', text: (token) => token.reason },
    {
      head: 'ENDED',
      text: (token) => times.ago(token.ended_at),
    },
    { head: 'ENDED BY', text: (token) => token.ended_by ?? '-', whenNarrow: [{ order: 2, width: 0 }] },
    { head: 'LAST USED', text: (token) => lastUse(token, times), whenNarrow: [{ order: 1, width: 0 }] },
    ...(all ? [owner] : []),
  ];
}

type Request = Pick<NonNullable<EndedToken['last_used']>, 'at' | 'method' | 'path' | 'ip'>;

function lastUse({ last_used: use }: Pick<EndedToken, 'last_used'>, times: Times): string {
  return use === null ? 'never, or not known' : requestText(use, times);
}

/** Returns `3 minutes ago · GET /builds/42 · 203.0.113.9`, without the parts that are unknown. */
function requestText({ at, method, path, ip }: Request, times: Times): string {
  const request = [method, path].filter((part) => part !== null).join(' ');
  return [times.ago(at), request, ip ?? ''].filter((part) => part !== '').join(' · ');
}
