import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { changedMeanwhile, noPrecondition, type Precondition } from '../domain/precondition.ts';
import type { AppContext } from './context.ts';
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
 * Returns the strong ETag of a state. It covers what people and programs decide about, and leaves out counts and times of last uses:
 * otherwise a token in use would make every If-Match fail. No cache compares these ETags, because API responses are `no-store`.
 */
export function etagOf(state: object): string {
  return `"${createHash('sha256').update(JSON.stringify(state)).digest('base64url').slice(0, 27)}"`;
}

/** Sets the ETag of the object in the response. */
export function setEtag(c: AppContext, state: object): void {
  c.header('ETag', etagOf(state));
}

/**
 * Returns the precondition of the request's If-Match. `stateOf` returns what the ETag of an object covers.
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

// Proxies that compress a response make its ETag weak. Our tags stand for a state, not for the bytes of a response, so that a weak one
// says as much as a strong one.
const etag = /^\s*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")\s*$/;

function parseEtags(header: string): string[] {
  // Our ETags contain no comma. One of another server, which does, matches nothing either way.
  const parts = header.split(',').map((part) => etag.exec(part)?.[1]);
  if (parts.every((part) => part !== undefined)) return parts;
  throw invalidFields([{ pointer: '#If-Match', detail: 'If-Match must be * or ETags such as "x9Yw".' }]);
}
