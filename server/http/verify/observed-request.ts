import { limits } from '../../../shared/limits.ts';
import { redact } from '../../../shared/redact.ts';
import { decodeUtf8 } from './credential.ts';

/** The request that a proxy asks about, as it was sent to the proxy. Null: not told. */
export interface OriginalRequest {
  method: string | null;
  /** An RFC 9112 §3.2 request target in origin-form. */
  target: string | null;
}

/** Takes scheme and authority off an absolute-form target or a URL. Nothing else is normalised. */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)?.[0];
  if (authority === undefined) return target;
  const rest = target.slice(authority.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** A target without query and fragment. */
export function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  return end < 0 ? target : target.slice(0, end);
}

/** How a method is recorded. */
export function recordedMethod(method: string): string {
  return /^[A-Z]{1,16}$/.test(method) ? method : 'OTHER';
}

/** How a path is recorded: never its query, and no token value that somebody put into it. */
export function recordedPath(target: string): string {
  return recordedText(pathOf(target), limits.lastUsedPathCharacters);
}

/** How a `User-Agent` is recorded. */
export function recordedUserAgent(sent: string): string {
  return recordedText(sent, limits.userAgentCharacters);
}

function recordedText(latin1: string, longest: number): string {
  return shortened(decodeUtf8(latin1) ?? latin1, longest);
}

/** A text as it is recorded: bounded, and without any secret of ours that stands in it. */
export function shortened(unknown: string, longest: number): string {
  const text = redact(unknown);
  return text.length <= longest ? text : [...text].slice(0, longest).join('');
}
