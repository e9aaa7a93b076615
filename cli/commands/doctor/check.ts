import type { Advice } from './advice.ts';
import type { RawRequest, RawResponse } from './raw.ts';

/** The result of one check, as `--json` prints it. */
export interface Check {
  readonly check: string;
  readonly title: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  /** What the proxy responded, or why the check was skipped. */
  readonly detail: string;
  /** Configuration lines that fix a failed check. */
  readonly nginx: readonly string[];
  readonly caddy: readonly string[];
}

export type CheckName = Pick<Check, 'check' | 'title'>;

/** Sends a request. Returns null if the proxy closes the connection or does not respond. */
export type Send = (request: RawRequest) => Promise<RawResponse | null>;

export function passed(name: CheckName, detail: string): Check {
  return toCheck(name, 'passed', detail, { nginx: [], caddy: [] });
}

export function skipped(name: CheckName, detail: string): Check {
  return toCheck(name, 'skipped', detail, { nginx: [], caddy: [] });
}

export function failed(name: CheckName, detail: string, advice: Advice): Check {
  return toCheck(name, 'failed', detail, advice);
}

/** Describes a response, such as `responded 302, a redirect to https://…`. */
export function describe(response: RawResponse | null): string {
  if (response === null) return 'no response';
  const [location] = response.status < 400 ? response.all('Location') : [];
  return `responded ${response.status}${location === undefined ? '' : `, a redirect to ${location}`}`;
}

function toCheck(
  { check, title }: CheckName,
  result: Check['result'],
  detail: string,
  { nginx, caddy }: Advice,
): Check {
  return { check, title, result, detail, nginx, caddy };
}
