import { timeAgo } from '../../shared/relative-time.ts';
import type { Token } from '../../shared/schemas/tokens/tokens.ts';
import type { Context } from '../context.ts';
import { writeStderr } from './notes.ts';
import { sanitize } from './sanitize.ts';

/** An offboarding transfers only tokens that were used within this time. */
const inUseMs = 30 * 24 * 60 * 60 * 1000;

/** The tokens of a member who leaves, by what an offboarding does to them. */
export interface OffboardingPreview {
  transferred: readonly Token[];
  revoked: readonly Token[];
}

/** Returns what an offboarding would do to these tokens. Without a service account that receives them, all are revoked. */
export function previewOffboarding(tokens: readonly Token[], hasReceiver: boolean, now: Date): OffboardingPreview {
  const isTransferred = (token: Token) => hasReceiver && isInUse(token, now);
  return { transferred: tokens.filter(isTransferred), revoked: tokens.filter((token) => !isTransferred(token)) };
}

/** Lists the tokens on stderr, even with `--json`, because the question that follows is there too. */
export async function printOffboarding(ctx: Context, { transferred, revoked }: OffboardingPreview, receiver = '') {
  const lines = [
    ...section(`Transferred to ${sanitize(receiver)}:`, transferred, ctx.now()),
    ...section('Revoked:', revoked, ctx.now()),
  ];
  if (lines.length > 0) await writeStderr(ctx, lines.join('\n'));
}

function section(heading: string, tokens: readonly Token[], now: Date): string[] {
  if (tokens.length === 0) return [];
  return [heading, ...tokens.map((token) => `  ${lineOf(token, now)}`)];
}

function lineOf(token: Token, now: Date): string {
  const usedAt = lastUseOf(token);
  const use = usedAt === null ? 'never used' : `used ${timeAgo(usedAt, now)}`;
  return `${sanitize(token.name)} (${sanitize(token.prefix)}), ${use}`;
}

function isInUse(token: Token, now: Date): boolean {
  const usedAt = lastUseOf(token);
  const works = token.status === 'active' || token.status === 'paused';
  return works && usedAt !== null && Date.parse(usedAt) > now.getTime() - inUseMs;
}

/** Returns when any value of the token that still works was last used. */
function lastUseOf({ last_used, previous }: Token): string | null {
  const [one, other] = [last_used?.at ?? null, previous?.last_used?.at ?? null];
  if (one === null || other === null) return one ?? other;
  return Date.parse(one) > Date.parse(other) ? one : other;
}
