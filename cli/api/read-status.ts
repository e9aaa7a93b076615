import { type CliError, hasCode } from '../errors.ts';
import type { Connection } from '../session/connect.ts';
import { sessionShape } from '../session/session-shape.ts';
import { isSuccess, notTokensd, problemOf, readResponse } from './responses.ts';
import type { Shape } from './shape.ts';
import { tokenShape } from './shapes.ts';

/** When a session or management key ends. `idle_expires_at` is when a session ends if it is not used until then. */
export interface CredentialEnd {
  readonly expires_at: string | null;
  readonly idle_expires_at: string | null;
}

export interface ServerStatus {
  /** Null if the session has ended. */
  readonly ends: CredentialEnd | null;
  /** Time on the server minus time here, in whole seconds. Null if the server sent no time. */
  readonly clockDifference: number | null;
  /** Null if the server does not tell it to this member or key. */
  readonly serverVersion: string | null;
}

/** A server of an earlier release does not send it. */
type Version = { readonly server_version?: string | null };

/**
 * Differences below this are ignored. The `Date` field has whole seconds, so a small difference may come from rounding and from
 * the network.
 */
const minDifferenceMs = 2_000;

/**
 * Asks the server when the session or the management key ends, and compares its clock with this one.
 * @throws CliError if the server cannot be reached or does not respond as tokensd
 */
export async function readStatus(
  { api, credential }: Pick<Connection, 'api' | 'credential'>,
  now: () => Date,
): Promise<ServerStatus> {
  const isKey = credential === 'key';
  const sentAt = now().getTime();
  const response = await readResponse(isKey ? api.token.$get({ query: {} }) : api.sessions.current.$get());
  const clockDifference = differenceOf(response.headers.get('date'), (sentAt + now().getTime()) / 2);
  if (!isSuccess(response)) {
    const problem = problemOf(response);
    if (!isOver(problem)) throw problem;
    return { ends: null, clockDifference, serverVersion: null };
  }
  const shape: Shape<never> = isKey ? tokenShape : sessionShape;
  const mismatch = shape(response.body);
  if (mismatch !== null) throw notTokensd(new Error(`The body${mismatch}`));
  const { expires_at, idle_expires_at = null, server_version = null } = response.body as CredentialEnd & Version;
  return { ends: { expires_at, idle_expires_at }, clockDifference, serverVersion: server_version };
}

function isOver(error: CliError): boolean {
  return hasCode(error, 'not-authenticated') || hasCode(error, 'invalid-token');
}

function differenceOf(date: string | null, hereMs: number): number | null {
  const thereMs = Date.parse(date ?? '');
  if (Number.isNaN(thereMs)) return null;
  // `Date` is rounded down, by half a second on average.
  const difference = thereMs + 500 - hereMs;
  return Math.abs(difference) < minDifferenceMs ? 0 : Math.round(difference / 1000);
}
