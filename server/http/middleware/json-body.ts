import type { MiddlewareHandler } from 'hono';
import { visit } from 'jsonc-parser';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppEnv } from '../context.ts';
import { invalidFields, jsonPointer } from '../validate.ts';

const deepest = 8;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Reads a JSON body by I-JSON's rules (RFC 7493): UTF-8, no member twice, no lone surrogates. The validator that follows
 * finds the text cached.
 * @throws ProblemError `unsupported-media-type`, `bad-request`, `invalid-fields`
 */
export const jsonBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  const mediaType = c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new ProblemError('unsupported-media-type', 'Send the body as application/json.');
  }
  checkJson(decodeUtf8(await c.req.arrayBuffer()));
  await next();
};

function decodeUtf8(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ProblemError('bad-request', 'The body is not UTF-8.', { cause });
  }
}

/** Walks the text once. What it throws inside the walk stops the walk, so depth is bounded. */
function checkJson(text: string): void {
  const seen: Array<Set<string>> = [];
  const enter = () => {
    seen.push(new Set());
    if (seen.length > deepest)
      throw new ProblemError('bad-request', `The body is nested deeper than ${deepest} levels.`);
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
        if (names?.has(name)) throw refused([...path(), name], 'This field is there twice.');
        if (name === '__proto__') throw refused([...path(), name], 'Unknown field.');
        if (loneSurrogate.test(name)) throw refused(path(), 'A field name holds an unpaired surrogate.');
        names?.add(name);
      },
      onLiteralValue(value, _offset, _length, _line, _column, path) {
        if (typeof value === 'string' && loneSurrogate.test(value)) {
          throw refused(path(), 'The text holds an unpaired surrogate.');
        }
      },
      onError(_code, offset) {
        throw new ProblemError('bad-request', `The body is not JSON: see character ${offset + 1}.`);
      },
    },
    { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
  );
}

function refused(path: ReadonlyArray<string | number>, detail: string): ProblemError {
  return invalidFields([{ pointer: jsonPointer(path), detail }]);
}
