import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { fitTimeAgo, relativeTime, type TimeStyle, timeAgo } from '../../shared/relative-time.ts';
import type { Token, TokenStatus } from '../../shared/schemas/tokens.ts';
import type { Pages } from '../api/pages.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { printFields } from './fields.ts';
import { plain } from './plain.ts';
import { type Column, printTable } from './table.ts';

const statusColor = {
  active: 'green',
  blocked: 'red',
  disabled: 'red',
  'sso-stale': 'red',
  expired: 'yellow',
} as const satisfies Record<TokenStatus, string>;
const shortestPath = 6;

export async function printTokens(
  ctx: Context,
  options: GlobalOptions & { all?: boolean; user?: string; status?: string },
  pages: Pages<Token>,
): Promise<void> {
  const owner: Column<Token> = { head: 'OWNER', text: (token) => token.owner };
  const isFiltered = options.user !== undefined || options.status !== undefined;
  const none = isFiltered ? 'No token matches.' : 'There are no tokens. Create one with `tokens create NAME`.';
  await printTable(ctx, options, [...tokenColumns(ctx.now()), ...(options.all ? [owner] : [])], pages, none);
}

export async function printToken(ctx: Context, token: Token): Promise<void> {
  const now = ctx.now();
  const expires = token.expires_at && `${token.expires_at} (${relativeTime(token.expires_at, now)})`;
  await printFields(ctx.stdout, [
    ['Name', token.name],
    ['Prefix', token.prefix],
    ['Status', token.status],
    ['Owner', token.owner],
    ['Description', token.description ?? ''],
    ['Created', `${token.created_at} (${timeAgo(token.created_at, now)})`],
    ['Expires', expires ?? 'never'],
    ['Last used', lastUse(token, now)],
    ['User agent', token.last_used?.user_agent ?? ''],
    ['Id', token.id],
  ]);
}

function tokenColumns(now: Date): Column<Token>[] {
  return [
    { head: 'NAME', text: (token) => token.name, least: 12 },
    { head: 'PREFIX', text: (token) => token.prefix },
    {
      head: 'CREATED',
      text: (token) => token.created_at,
      brief: (token) => timeAgo(token.created_at, now),
      fit: (token, width) => fitTimeAgo(token.created_at, now, width),
      least: 8,
    },
    {
      head: 'LAST USED',
      text: (token) => lastUse(token, now),
      fit: (token, width) => fitLastUse(token, now, width),
      least: 36,
    },
    { head: 'STATUS', text: (token) => token.status, color: ({ status }, colors) => colors[statusColor[status]] },
  ];
}

interface LastUseForm {
  style: TimeStyle;
  path: string;
}

/** `3 minutes ago · GET /builds/42 · 203.0.113.9`, leaving out what is not known. */
function lastUse({ last_used: use }: Token, now: Date, form: Partial<LastUseForm> = {}): string {
  if (!use) return 'never';
  const request = [use.method, form.path ?? use.path].filter((part) => part !== null).join(' ');
  return [timeAgo(use.at, now, form.style), request, use.ip ?? ''].filter((part) => part !== '').join(' · ');
}

/** Cuts the path in its middle: method, both ends of the path and the address tell more than a whole path. */
function fitLastUse(token: Token, now: Date, width: number): string {
  const path = plain(token.last_used?.path ?? '');
  const excess = (style: TimeStyle) => stringWidth(plain(lastUse(token, now, { style }))) - width;
  const style = stringWidth(path) - excess('long') >= Math.min(shortestPath, stringWidth(path)) ? 'long' : 'narrow';
  if (excess(style) <= 0 || path === '') return lastUse(token, now, { style });
  const room = Math.max(shortestPath, stringWidth(path) - excess(style));
  return lastUse(token, now, { style, path: cliTruncate(path, room, { position: 'middle' }) });
}
