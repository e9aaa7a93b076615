import { type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser';
import { DrfError } from './errors.ts';
import type { Fields } from './fields.ts';
import { decodeUtf8 } from './utf8.ts';

/** Parses a body by its media type, as DRF's three parsers do. An empty body has no fields. @throws DrfError 400, 415 */
export async function parseFields(bytes: ArrayBuffer, contentType: string): Promise<Fields> {
  if (bytes.byteLength === 0) return new Map();
  switch (contentType.split(';', 1)[0]?.trim().toLowerCase()) {
    case 'application/json':
      return parseJson(bytes);
    case 'application/x-www-form-urlencoded':
      return new Map(new URLSearchParams(new TextDecoder().decode(bytes)));
    case 'multipart/form-data':
      return parseMultipart(bytes, contentType);
    default:
      throw new DrfError(415, { detail: `Unsupported media type "${contentType}" in request.` });
  }
}

async function parseMultipart(bytes: ArrayBuffer, contentType: string): Promise<Fields> {
  try {
    return new Map(await new Response(bytes, { headers: { 'Content-Type': contentType } }).formData());
  } catch {
    const reason = /;\s*boundary=./i.test(contentType) ? 'Invalid body' : 'Invalid boundary in multipart: None';
    throw new DrfError(400, { detail: `Multipart form parse error - ${reason}` });
  }
}

function parseJson(bytes: ArrayBuffer): Fields {
  const text = decode(bytes);
  const value = parseValue(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value));
  const detail = `Invalid data. Expected a dictionary, but got ${pythonType(value)}.`;
  throw new DrfError(400, value === null ? { non_field_errors: ['No data provided'] } : { non_field_errors: [detail] });
}

function decode(bytes: ArrayBuffer): string {
  try {
    return decodeUtf8(new Uint8Array(bytes));
  } catch (error) {
    throw jsonError(error instanceof Error ? error.message : String(error));
  }
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw jsonError(explain(text));
  }
}

function jsonError(reason: string): DrfError {
  return new DrfError(400, { detail: `JSON parse error - ${reason}` });
}

function pythonType(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return typeof value === 'boolean' ? 'bool' : 'str';
}

/** Maps the error codes of our JSON parser to the messages of Python's. */
const pythonMessages: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'Expecting property name enclosed in double quotes',
  ColonExpected: "Expecting ':' delimiter",
  CommaExpected: "Expecting ',' delimiter",
  CloseBraceExpected: "Expecting ',' delimiter",
  CloseBracketExpected: "Expecting ',' delimiter",
  EndOfFileExpected: 'Extra data',
  UnexpectedEndOfString: 'Unterminated string starting at',
  InvalidCharacter: 'Invalid control character at',
  InvalidEscapeCharacter: 'Invalid \\escape',
};

/**
 * Returns the first syntax error and its position in the words of Python's parser. Text that is nested too deeply for
 * the stack is reported at position 0.
 */
function explain(text: string): string {
  let first: string | undefined;
  const onError = (error: ParseErrorCode, offset: number, _length: number, line: number, column: number) => {
    if (first !== undefined) return;
    const openBrace = /\{\s*$/.test(text.slice(0, offset));
    const code = openBrace ? 'PropertyNameExpected' : printParseErrorCode(error);
    first = `${pythonMessages[code] ?? 'Expecting value'}: line ${line + 1} column ${column + 1} (char ${offset})`;
  };
  try {
    visit(text, { onError }, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return first ?? 'Expecting value: line 1 column 1 (char 0)';
}
