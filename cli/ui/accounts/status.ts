import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import type { CredentialEnd } from '../../api/read-status.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { colorsFor } from '../colors.ts';
import { type Field, printFields } from '../fields.ts';
import { type Times, timesFor } from '../times.ts';
import { type AttentionReason, attentionPhrase } from '../tokens/attention.ts';

/** The known facts about the server and its credential. Null stands for an unknown fact. */
export interface Status {
  readonly server: string;
  /** `answers` if tokensd responded. The others say how that failed. Null if the server was not asked. */
  readonly contact: 'answers' | 'unreachable' | 'unavailable' | 'other-server' | null;
  readonly credential: 'session' | 'key';
  /** When the session or the management key ends. Null also if it has ended. */
  readonly ends: CredentialEnd | null;
  /** Time on the server minus time here, in whole seconds. */
  readonly clockDifference: number | null;
  readonly serverVersion: string | null;
  readonly attention: ReadonlyArray<{ token: Token; reasons: readonly AttentionReason[] }> | null;
}

/** Prints the status in words. */
export async function printStatus(ctx: Context, options: GlobalOptions, status: Status): Promise<void> {
  const { server, contact, credential, ends } = status;
  const times = timesFor(ctx.stdout, ctx);
  const { red, yellow } = colorsFor(ctx.stdout, ctx, options);
  const fault = contact === null || contact === 'answers' ? null : faults[contact];
  const isOver = ends === null && contact === 'answers';
  await printFields(ctx.stdout, [
    ['Server', fault === null ? server : `${server} (${fault})`, fault === null ? undefined : red],
    ['Server version', versionOf(status)],
    ['Command line', `tokens ${ctx.version}`],
    [credential === 'key' ? 'Key ends' : 'Session ends', endOf(status, times), isOver ? red : undefined],
    ['Clock', clockPhrase(status.clockDifference), status.clockDifference ? yellow : undefined],
    ...attentionFields(status, times, yellow),
  ]);
}

const faults = {
  unreachable: 'not reachable',
  unavailable: 'not available now',
  'other-server': 'answered, but not as tokensd',
} as const;

function endOf({ contact, credential, ends }: Status, times: Times): string {
  if (ends === null) {
    if (contact !== 'answers') return 'unknown';
    return credential === 'key' ? 'the key does not work' : 'not signed in, or the session has ended';
  }
  const { expires_at: end, idle_expires_at: idle } = ends;
  return `${times.expiry(end)}${idle === null ? '' : `, or ${times.expiry(idle)} if unused until then`}`;
}

/** The server tells its version to superusers and auditors only. */
function versionOf({ serverVersion, ends }: Status): string {
  if (serverVersion !== null) return `tokensd ${serverVersion}`;
  return ends === null ? 'unknown' : 'not shown to you';
}

function clockPhrase(seconds: number | null): string {
  if (seconds === null) return 'unknown';
  if (seconds === 0) return 'agrees with that of the server';
  return `${Math.abs(seconds)} s ${seconds > 0 ? 'behind' : 'ahead of'} that of the server`;
}

function attentionFields({ attention }: Status, times: Times, paint: (text: string) => string): Field[] {
  if (attention === null) return [['Needs attention', 'unknown']];
  if (attention.length === 0) return [['Needs attention', 'none']];
  return attention.map(({ token, reasons }) => [
    'Needs attention',
    `${token.name} (${token.prefix}) ${attentionPhrase(token, reasons, times)}`,
    paint,
  ]);
}
