import type { Token } from '../../shared/schemas/tokens/tokens.ts';
import { collect } from '../api/pages.ts';
import { expectBody } from '../api/responses.ts';
import { pageShape, tokenShape } from '../api/shapes.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { note } from '../ui/notes.ts';
import { sanitize } from '../ui/sanitize.ts';
import { type Times, timesFor } from '../ui/times.ts';
import { configDirectory } from './config-file.ts';
import { connect } from './connect.ts';
import { resolveServer } from './find-server.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** The warning names tokens that end within the first time and were used within the second. */
const endsWithinMs = 7 * dayMs;
const usedWithinMs = 30 * dayMs;

/** Tokens with a lifetime of at most this are made for one job. */
const maxShortLivedSeconds = 24 * 60 * 60;

/** Maximum number of tokens that the warning reads. Members who create tokens by hand have fewer. */
const maxTokens = 1_000;

const fileName = 'expiry-checks.json';

/**
 * Warns on stderr, which must be a terminal, about the member's own tokens that are in use and end soon, at most once a day for each server.
 * A failure is ignored.
 */
export async function warnAboutExpiry(ctx: Context, options: GlobalOptions): Promise<void> {
  if (options.json) return;
  try {
    const { url } = await resolveServer(ctx, options);
    if (!(await isFirstToday(ctx, url))) return;
    const { api } = await connect(ctx, options);
    const shape = pageShape(tokenShape);
    const tokens = await collect(
      (page) => expectBody(api.tokens.$get({ query: { status: 'active', ...page } }), shape),
      maxTokens,
    );
    const times = timesFor(ctx.stderr, ctx);
    for (const token of tokens.filter((token) => endsSoon(token, ctx.now().getTime()))) {
      await note(ctx, options, warningAbout(token, times));
    }
  } catch {
    // The command itself has succeeded.
  }
}

/** Records that a server is asked now. Returns false if it was asked within a day. */
async function isFirstToday(ctx: Context, url: string): Promise<boolean> {
  const directory = configDirectory(ctx);
  const now = ctx.now().getTime();
  const checks = parse(await directory.read(fileName));
  const askedAt = Date.parse(checks[url] ?? '');
  if (askedAt <= now && now - askedAt < dayMs) return false;
  // Two commands that run at the same time may both ask, which does no harm.
  await directory.write(fileName, `${JSON.stringify({ ...checks, [url]: ctx.now().toISOString() }, null, 2)}\n`);
  return true;
}

/** A damaged file counts as an empty one: it is written anew. */
function parse(text: string | null): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, string>) : {};
  } catch {
    return {};
  }
}

function endsSoon({ expires_at: expiresAt, lifetime, last_used: lastUsed, previous }: Token, now: number): boolean {
  if (expiresAt === null || (lifetime ?? Number.POSITIVE_INFINITY) <= maxShortLivedSeconds) return false;
  const uses = [lastUsed, previous?.last_used ?? null].map((use) => (use === null ? 0 : Date.parse(use.at)));
  return Date.parse(expiresAt) - now <= endsWithinMs && now - Math.max(...uses) <= usedWithinMs;
}

function warningAbout({ name, prefix, expires_at: expiresAt }: Token, times: Times): string {
  const argument = /^[0-9A-Za-z][0-9A-Za-z_-]*$/.test(name) ? name : prefix;
  return `warning: The token ${sanitize(name)} ends ${times.expiryInWords(expiresAt)}. Run \`tokens rotate ${argument}\` for a new value, or \`tokens edit ${argument} --expires …\` to extend it.`;
}
