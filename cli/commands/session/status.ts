import type { Command } from 'commander';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { listTokens } from '../../api/find/find-token.ts';
import type { CredentialEnd } from '../../api/read-status.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { hasCode, localError } from '../../errors.ts';
import { connect, resolveServer } from '../../session/connect.ts';
import { type Times, timesFor } from '../../ui/times.ts';
import type { AttentionReason } from '../../ui/tokens/attention.ts';

interface Status {
  /** Null if no request was sent. */
  readonly reachable: boolean | null;
  readonly ends: CredentialEnd | null;
  readonly clockDifference: number | null;
  readonly attention: ReadonlyArray<{ token: Token; reasons: readonly AttentionReason[] }>;
}

export function registerStatus(program: Command, ctx: Context): void {
  program
    .command('status')
    .summary('Check the server, your session and your tokens')
    .description(
      'Show the server, the end of your session, the difference between the clocks, and your tokens that need attention. Exits with 4 if the session is over, and with 6 if the server cannot be reached.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens status')
    .action((_options, command: Command) => runStatus(ctx, command.optsWithGlobals()));
}

async function runStatus(ctx: Context, options: GlobalOptions): Promise<void> {
  const { url } = await resolveServer(ctx, options);
  try {
    const status = await readAll(ctx, options);
    await print(ctx, options, url, status);
    if (status.ends === null) throw localError('not-authenticated', 'The session is over.');
  } catch (error) {
    if (hasCode(error, 'unreachable') || hasCode(error, 'not-signed-in')) {
      await print(ctx, options, url, { ...nothing, reachable: hasCode(error, 'unreachable') ? false : null });
    }
    throw error;
  }
}

const nothing: Status = { reachable: null, ends: null, clockDifference: null, attention: [] };

async function readAll(ctx: Context, options: GlobalOptions): Promise<Status> {
  const connection = await connect(ctx, options);
  const [{ readStatus }, { attentionReasons }] = await Promise.all([
    import('../../api/read-status.ts'),
    import('../../ui/tokens/attention.ts'),
  ]);
  const { ends, clockDifference } = await readStatus(connection, ctx.now);
  // A management key stands for a service account, which has no tokens of its own list.
  const isMember = ends !== null && connection.credential === 'session';
  const tokens = isMember ? await listTokens(connection.api, {}) : [];
  const attention = tokens
    .map((token) => ({ token, reasons: attentionReasons(token, ctx.now()) }))
    .filter(({ reasons }) => reasons.length > 0);
  return { reachable: true, ends, clockDifference, attention };
}

async function print(ctx: Context, options: GlobalOptions, server: string, status: Status): Promise<void> {
  const { reachable, ends, clockDifference, attention } = status;
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, {
      ...{ server, version: ctx.version, reachable, session: ends, clock_difference: clockDifference },
      attention: attention.map(({ token: { id, name, prefix }, reasons }) => ({ id, name, prefix, reasons })),
    });
  }
  const [{ printFields }, { attentionPhrase }, { colorsFor }] = await Promise.all([
    import('../../ui/fields.ts'),
    import('../../ui/tokens/attention.ts'),
    import('../../ui/colors.ts'),
  ]);
  const times = timesFor(ctx.stdout, ctx);
  const phrases = attention.map(
    ({ token, reasons }) => `${token.name} (${token.prefix}) ${attentionPhrase(token, reasons, times)}`,
  );
  const { red, yellow } = colorsFor(ctx.stdout, ctx, options);
  const isDown = reachable === false;
  await printFields(ctx.stdout, [
    ['Server', isDown ? `${server} (not reachable)` : server, isDown ? red : undefined],
    ['Version of tokens', ctx.version],
    ['Session ends', endOf(ends, reachable, times), ends === null && !isDown ? red : undefined],
    ['Clock', clockPhrase(clockDifference), clockDifference ? yellow : undefined],
    ...phrases.map((phrase) => ['Needs attention', phrase, yellow] as const),
    ...(phrases.length === 0 ? [['Needs attention', 'none'] as const] : []),
  ]);
}

function endOf(ends: CredentialEnd | null, reachable: boolean | null, times: Times): string {
  if (ends === null) return reachable === false ? 'unknown' : 'not signed in, or the session is over';
  const { expires_at: end, idle_expires_at: idle } = ends;
  if (end === null) return 'never';
  return `${times.expiry(end)}${idle === null ? '' : `, or ${times.expiry(idle)} if unused until then`}`;
}

function clockPhrase(seconds: number | null): string {
  if (seconds === null) return 'unknown';
  if (seconds === 0) return 'agrees with that of the server';
  return `${Math.abs(seconds)} s ${seconds > 0 ? 'behind' : 'ahead of'} that of the server`;
}
