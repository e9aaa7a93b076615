import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { ProblemError } from '../../shared/problem.ts';
import { changedMeanwhile, noPrecondition, type Precondition } from '../domain/precondition.ts';
import type { AppContext, AppEnv } from './context.ts';
import { isSafe } from './middleware/session.ts';
import { invalidFields } from './validate.ts';

/**
 * Declares If-Match, which lets a change apply only to the state that the client has read (RFC 9110 §13.1.1). Its type hides the
 * header: Hono's typed client would otherwise require it in every call.
 */
export const conditional: Record<never, never> = {
  headers: z.object({
    'if-match': z.string().optional().meta({
      description:
        'The `ETag` of the response in which you read the object. If it has changed since then, the problem is `changed-meanwhile`, and nothing is changed.',
    }),
  }),
};

/**
 * Returns the strong ETag of a state. It covers the fields that people and programs choose. It leaves out counts and times of
 * last uses, because every use of a token would otherwise make If-Match fail. No cache compares these ETags, because API
 * responses are `no-store`.
 */
export function etagOf(state: object): string {
  return `"${createHash('sha256').update(JSON.stringify(state)).digest('base64url').slice(0, 27)}"`;
}

/** Sets the ETag of the object in the response. */
export function setEtag(c: AppContext, state: object): void {
  c.header('ETag', etagOf(state));
}

/**
 * Returns the precondition of the request's If-Match. `stateOf` returns the part of an object that its ETag covers.
 * @throws ProblemError `invalid-fields` if the header is malformed
 */
export function ifMatch<T>(c: Pick<AppContext, 'req'>, stateOf: (present: T) => object): Precondition<T> {
  const header = c.req.header('if-match');
  if (header === undefined || header.trim() === '*') return noPrecondition;
  const wanted = parseEtags(header);
  return (present) => {
    if (!wanted.includes(etagOf(stateOf(present)))) throw changedMeanwhile();
  };
}

/** Objects with an ETag. No other object of the API has one. */
const conditionalPath = /^\/api\/v1\/(?:users|service-accounts|apps|clients|trusts|webhooks)\/[^/]+$/;

/**
 * Refuses a change with If-Match where no response has an ETag. RFC 9110 §13.1.1 forbids the change, because the condition is
 * false.
 */
export const refuseUnmetConditions: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { method, path } = c.req;
  const condition = c.req.header('if-match')?.trim();
  const isConditional = ['PATCH', 'DELETE'].includes(method) && conditionalPath.test(path);
  if (condition === undefined || condition === '*' || isSafe(method) || isConditional) return next();
  const detail = 'This resource has no ETag, so If-Match cannot match. Send the request without If-Match.';
  throw new ProblemError('changed-meanwhile', detail);
};

/** A tag and what follows it. */
const etag = /\s*(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)/y;

/**
 * Returns the tags in a header, in quotes. Proxies that compress a response change its ETag: they make it weak, or append the
 * encoding, as Apache does. Our tags stand for a state and not for the bytes of a response, so a changed tag is as good as the
 * original.
 */
function parseEtags(header: string): string[] {
  const found: string[] = [];
  let end = 0;
  for (const { 0: match, 1: tag = '', index } of header.matchAll(new RegExp(etag, 'gy'))) {
    end = index + match.length;
    found.push(`"${tag}"`, `"${tag.replace(/-(?:gzip|br|zstd)$/, '')}"`);
  }
  if (end === header.length && found.length > 0 && !header.trimEnd().endsWith(',')) return found;
  throw invalidFields([{ pointer: '#If-Match', detail: 'If-Match must be * or ETags such as "x9Yw".' }]);
}
