import type { MiddlewareHandler } from 'hono';
import { visit } from 'jsonc-parser';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppEnv } from '../context.ts';
import { notJson } from '../errors.ts';
import { invalidFields, jsonPointer } from '../validate.ts';

const maxDepth = 8;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Rejects a body that is not I-JSON (RFC 7493): it must be UTF-8, and it must have no duplicate names and no unpaired
 * surrogates. Hono caches the body, so the validator that follows reads it again without cost.
 * @throws ProblemError `unsupported-media-type`, `bad-request`, `invalid-fields`
 */
export const jsonBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  const mediaType = c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw notJson();
  }
  checkJson(decodeUtf8(await c.req.arrayBuffer()));
  await next();
};

function decodeUtf8(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ProblemError('bad-request', 'The body is not valid UTF-8.', { cause });
  }
}

/** Parses a body as `jsonBody` requires it, whatever its media type. @throws ProblemError `bad-request`, `invalid-fields` */
export function parseJson(bytes: ArrayBuffer): unknown {
  const text = decodeUtf8(bytes);
  checkJson(text);
  return JSON.parse(text);
}

/** Walks the text once. An error thrown in a callback stops the parser, so deep nesting cannot exhaust its stack. */
function checkJson(text: string): void {
  const seen: Array<Set<string>> = [];
  const enter = () => {
    seen.push(new Set());
    if (seen.length > maxDepth) {
      throw new ProblemError('bad-request', `The body is nested deeper than ${maxDepth} levels.`);
    }
  };
  const leave = () => {
    seen.pop();
  };
  visit(
    text,
    {
      onObjectBegin: enter,
      onArrayBegin: enter,
      onObjectEnd: leave,
      onArrayEnd: leave,
      onObjectProperty(name, _offset, _length, _line, _column, path) {
        const names = seen.at(-1);
        if (names?.has(name)) throw invalidAt([...path(), name], 'This field appears twice.');
        if (name === '__proto__') throw invalidAt([...path(), name], 'Unknown field.');
        if (loneSurrogate.test(name)) throw invalidAt(path(), 'A field name contains an unpaired surrogate.');
        names?.add(name);
      },
      onLiteralValue(value, _offset, _length, _line, _column, path) {
        if (typeof value === 'string' && loneSurrogate.test(value)) {
          throw invalidAt(path(), 'The text contains an unpaired surrogate.');
        }
      },
      onError(_code, offset) {
        throw new ProblemError('bad-request', `The body is not valid JSON: see character ${offset + 1}.`);
      },
    },
    { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
  );
}

function invalidAt(path: ReadonlyArray<string | number>, detail: string): ProblemError {
  return invalidFields([{ pointer: jsonPointer(path), detail }]);
}
