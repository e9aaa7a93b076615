import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import type { DeniedRequest, Token, TokenStatus } from '../../../shared/schemas/tokens/tokens.ts';
import type { Pages } from '../../api/pages.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { colorsFor } from '../colors.ts';
import { type Field, printFields } from '../fields.ts';
import { sanitize } from '../sanitize.ts';
import { type Column, printTable } from '../table.ts';
import { minTimeWidth, type Times, timesFor } from '../times.ts';
import { attentionReasons } from './attention.ts';
import { ruleLines } from './rules.ts';

const statusColor = {
  active: 'green',
  blocked: 'red',
  disabled: 'red',
  'sso-stale': 'red',
  paused: 'yellow',
  expired: 'yellow',
  idle: 'yellow',
} as const satisfies Record<TokenStatus, string>;
const minPathWidth = 6;
/** Wide enough for the longest status. In a narrow terminal, only the words after it are cut. */
const minStatusWidth = 'sso-stale (canary)'.length;

export async function printTokens(
  ctx: Context,
  options: GlobalOptions & { all?: boolean },
  pages: Pages<Token>,
  isFiltered: boolean,
  columns: Column<Token>[] | null = null,
): Promise<void> {
  const emptyText = isFiltered ? 'No token matches.' : 'There are no tokens. Run `tokens create NAME` to create one.';
  await printTable(ctx, options, columns ?? tokenColumns(ctx, options), pages, emptyText);
}

export async function printToken(ctx: Context, options: GlobalOptions, token: Token): Promise<void> {
  const times = timesFor(ctx.stdout, ctx);
  const colors = colorsFor(ctx.stdout, ctx, options);
  const reasons = attentionReasons(token, ctx.now());
  const yellowIf = (isMarked: boolean) => (isMarked ? colors.yellow : undefined);
  await printFields(ctx.stdout, [
    ['Name', token.name],
    ['Prefix', token.prefix],
    ['Status', statusOf(token), token.status === 'active' ? undefined : colorOf(token, colors)],
    ...pauseFields(token, times),
    ['Owner', token.owner],
    ['Description', token.description ?? ''],
    ['Created', times.past(token.created_at)],
    ...(token.rotated_at ? [['Rotated', times.past(token.rotated_at)] as const] : []),
    ['Expires', times.expiry(token.expires_at), yellowIf(reasons.includes('expires-soon'))],
    ...(token.self_rotate ? [['Rotates itself', 'yes'] as const] : []),
    ...(token.manage?.length ? [['Scopes', token.manage.join(', ')] as const] : []),
    ...ruleLines(token),
    ['Last used', newestUse(token, times)],
    ['User agent', withNewestUse(token).last_used?.user_agent ?? ''],
    ...previousFields(token, times, colors.yellow),
    ...(token.last_denied
      ? [['Last denied', deniedRequest(token.last_denied, times), yellowIf(reasons.includes('denied'))] as const]
      : []),
    ['ID', token.id],
  ]);
}

/** Describes the pause of a token. A daemon of the previous release knows no pauses. */
function pauseFields({ paused }: Token, times: Times): Field[] {
  if (!paused) return [];
  const until = paused.until === null ? [] : [`until ${times.future(paused.until)}`];
  const by = paused.by === null ? [] : [`by ${paused.by}`];
  return [['Paused', [times.ago(paused.at), ...by, ...until].join(', ')], ...field('Reason', paused.reason)];
}

/** Describes the value before the rotation while it still works, and says whether it is still in use. */
function previousFields({ previous }: Token, times: Times, paint: (text: string) => string): Field[] {
  if (!previous) return [];
  const isUsed = previous.last_used !== null;
  return [
    ['Old value', `${previous.prefix} works until ${times.future(previous.valid_until)}`, paint],
    ['Old value used', isUsed ? `since the rotation, ${lastUse(previous, times)}` : 'not since the rotation'],
    ...field('Its user agent', previous.last_used?.user_agent ?? null),
  ];
}

function field(label: string, value: string | null): Field[] {
  return value === null ? [] : [[label, value]];
}

/** Returns the status of a token, and whether it is a canary. Its value then never works. */
function statusOf({ status, canary }: Token): string {
  return canary ? `${status} (canary)` : status;
}

/** Returns the status of a token and its other problems in words, because colors alone would not show them: `active, denied`. */
function statusAndTroubleOf(token: Token, now: Date): string {
  return [statusOf(token), ...troubleOf(token, now)].join(', ');
}

function troubleOf(token: Token, now: Date): string[] {
  const reasons = attentionReasons(token, now);
  return [...(reasons.includes('denied') ? ['denied'] : []), ...(reasons.includes('two-values') ? ['two values'] : [])];
}

/** Returns the color function for a status. A status that only a newer server knows has no color. */
function colorOf({ status }: Token, colors: ReturnType<typeof colorsFor>): (text: string) => string {
  return Object.hasOwn(statusColor, status) ? colors[statusColor[status]] : (text) => text;
}

/**
 * The columns of a list of tokens. A narrow terminal keeps, in this order: name, status, expiry, last use, prefix, creation. New columns are
 * added at the end, because scripts count the columns of a pipe.
 */
function tokenColumns(ctx: Context, { all }: { all?: boolean }): Column<Token>[] {
  const now = ctx.now();
  const times = timesFor(ctx.stdout, ctx);
  const owner: Column<Token> = { head: 'OWNER', text: (token) => token.owner };
  return [
    { head: 'NAME', text: (token) => token.name },
    { head: 'PREFIX', text: (token) => token.prefix, whenNarrow: [{ order: 4, width: 0 }] },
    {
      head: 'CREATED',
      text: (token) => times.ago(token.created_at),
      fit: (token, width) => times.fitAgo(token.created_at, width),
      minWidth: minTimeWidth,
      whenNarrow: [{ order: 1, width: 0 }],
    },
    {
      head: 'LAST USED',
      text: (token) => lastUse(withNewestUse(token), times),
      fit: (token, width) => fitLastUse(withNewestUse(token), times, width),
      minWidth: 36,
      whenNarrow: [
        { order: 2, width: 24 },
        { order: 3, width: minTimeWidth },
        { order: 5, width: 0 },
      ],
    },
    {
      head: 'STATUS',
      text: statusOf,
      brief: (token) => statusAndTroubleOf(token, now),
      fit: (token, width) => {
        const texts = [statusAndTroubleOf(token, now), statusOf(token)];
        return texts.find((text) => stringWidth(text) <= width) ?? token.status;
      },
      color: (token, colors) => (troubleOf(token, now).length > 0 ? colors.yellow : colorOf(token, colors)),
      minWidth: minStatusWidth,
      whenNarrow: [
        { order: 6, width: 'sso-stale'.length },
        { order: 8, width: 0 },
      ],
    },
    ...(all ? [owner] : []),
    {
      head: 'EXPIRES',
      text: (token) => times.expiryDate(token.expires_at),
      brief: (token) => times.expiry(token.expires_at),
      fit: (token, width) => {
        const whole = times.expiry(token.expires_at);
        return whole.length <= width ? whole : times.expiryDate(token.expires_at);
      },
      color: (token, colors) =>
        attentionReasons(token, now).includes('expires-soon') ? colors.yellow : (text) => text,
      minWidth: minTimeWidth,
      shrinksLast: true,
      whenNarrow: [{ order: 7, width: 0 }],
    },
  ];
}

/**
 * Returns the token with the newest use of all values as its last use. During an overlap, all uses may be of the old one. For a
 * use before the last rotation, only the time is known. A daemon of an earlier release does not report it.
 */
function withNewestUse(token: Token): Token {
  const uses = [token.last_used, token.previous?.last_used ?? null].filter((use) => use !== null);
  if (token.previous_used_at)
    uses.push({ at: token.previous_used_at, method: null, path: null, ip: null, user_agent: null });
  // Prefer a use of which everything is known to a mere time.
  const [newest = null] = uses.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  return { ...token, last_used: newest };
}

/** Describes the newest use of a token, and with which value it was if it was not the current one. */
function newestUse(token: Token, times: Times): string {
  const newest = withNewestUse(token);
  const at = newest.last_used?.at ?? null;
  const text = lastUse(newest, times);
  if (at === null || at === token.last_used?.at) return text;
  if (at === token.previous?.last_used?.at) return `${text} (with the old value)`;
  return `${text} (${token.rotated_at && at > token.rotated_at ? 'with an old value' : 'before the rotation'})`;
}

/** Returns `3 minutes ago · path · grafana · GET /builds/42 · 203.0.113.9`, without the parts that are unknown. */
function deniedRequest({ at, reason, app, method, path, ip }: DeniedRequest, times: Times): string {
  const request = [method, path].filter((part) => part !== null).join(' ');
  return [times.ago(at), reason, app ?? '', request, ip ?? ''].filter((part) => part !== '').join(' · ');
}

/** Returns `3 minutes ago · GET /builds/42 · 203.0.113.9`, without the parts that are unknown. */
function lastUse({ last_used: use }: Pick<Token, 'last_used'>, times: Pick<Times, 'ago'>, path = use?.path): string {
  if (!use) return 'never';
  const request = [use.method, path].filter((part) => part).join(' ');
  return [times.ago(use.at), request, use.ip ?? ''].filter((part) => part !== '').join(' · ');
}

/**
 * Returns the last use in at most `width` columns. Shortens the time if necessary, then cuts out the middle of the path,
 * because its ends, the method and the IP address are more useful. Where that does not fit either, only the time is left.
 */
function fitLastUse(token: Token, times: Times, width: number): string {
  const path = sanitize(token.last_used?.path ?? '');
  const inStyle = (style: 'long' | 'narrow') =>
    style === 'long' ? times : { ago: (time: string) => times.fitAgo(time, 0) };
  const excess = (style: 'long' | 'narrow') => stringWidth(sanitize(lastUse(token, inStyle(style)))) - width;
  const shortestPath = Math.min(minPathWidth, stringWidth(path));
  const style = stringWidth(path) - excess('long') >= shortestPath ? 'long' : 'narrow';
  if (excess(style) <= 0) return lastUse(token, inStyle(style));
  const room = stringWidth(path) - excess(style);
  if (room < shortestPath || path === '') return token.last_used ? times.fitAgo(token.last_used.at, width) : 'never';
  return lastUse(token, inStyle(style), cliTruncate(path, room, { position: 'middle' }));
}
