import type { Token } from '../../shared/schemas/tokens/tokens.ts';
import type { OffboardingPreview } from '../api/offboarding-preview.ts';
import type { Context } from '../context.ts';
import { writeStderr } from './notes.ts';
import { sanitize } from './sanitize.ts';
import { type Times, timesFor } from './times.ts';

/** Lists the tokens on stderr, even with `--json`, because the question that follows is there too. */
export async function printOffboarding(ctx: Context, preview: OffboardingPreview, receiver = ''): Promise<void> {
  const { transferred, revoked, neverUsed, known } = preview;
  const times = timesFor(ctx.stderr, ctx);
  const section = (heading: string, tokens: readonly Token[]) =>
    tokens.length === 0 ? [] : [heading, ...tokens.map((token) => lineOf(token, neverUsed, times))];
  const lines = [
    ...section(`Transferred to ${sanitize(receiver)}:`, transferred),
    ...section('Revoked:', revoked),
    ...(known.length === 0 ? [] : [knownHeading, ...known.map(knownLineOf)]),
  ];
  if (lines.length > 0) await writeStderr(ctx, lines.join('\n'));
}

const knownHeading = 'Not changed, but the member knows the values. Have them rotated:';

function knownLineOf(token: Token): string {
  return `  ${sanitize(token.name)} (${sanitize(token.prefix)}) of ${sanitize(token.owner)}`;
}

function lineOf(token: Token, neverUsed: ReadonlySet<string>, times: Times): string {
  const usedAt = lastUseOf(token);
  const use = usedAt === null ? 'used with an earlier value only' : `used ${times.ago(usedAt)}`;
  return `  ${sanitize(token.name)} (${sanitize(token.prefix)}), ${neverUsed.has(token.id) ? 'never used' : use}`;
}

/** Returns the last use of the current value, or of the previous one since the rotation. */
function lastUseOf({ last_used, previous }: Token): string | null {
  const [one, other] = [last_used?.at ?? null, previous?.last_used?.at ?? null];
  if (one === null || other === null) return one ?? other;
  return Date.parse(one) > Date.parse(other) ? one : other;
}
