import { z } from '@hono/zod-openapi';
import type { ValidationTargets } from 'hono';
import { NIL, validate } from 'uuid';
import { type FieldError, ProblemError } from '../../shared/problem.ts';

const mostErrorsTold = 20;

/** A JSON request body, as a route declares it. */
export function jsonRequest<T extends z.ZodType>(schema: T) {
  return { content: { 'application/json': { schema } }, required: true as const };
}

/** A JSON answer, as a route declares it. */
export function jsonAnswer<T extends z.ZodType>(schema: T, description: string) {
  return { content: { 'application/json': { schema } }, description };
}

/** The `{id}` of a path. What is no UUID becomes the nil UUID, which names nothing: one answer for both. */
export const idParamSchema = z.object({
  id: z.string().transform((text) => (validate(text) ? text.toLowerCase() : NIL)),
});

/** What every route does with input that its schema refuses. @throws ProblemError `invalid-fields` */
export function refuseInvalid(
  result: { target: keyof ValidationTargets } & (
    | { success: true; data: unknown }
    | { success: false; error: z.ZodError; data?: unknown }
  ),
): void {
  if (result.success) return;
  const errors = result.error.issues
    .flatMap((issue) => fieldErrors(result.target, issue, result.data))
    .slice(0, mostErrorsTold);
  throw invalidFields(errors);
}

/** @returns ProblemError `invalid-fields` that names each field and what is wrong with it. */
export function invalidFields(errors: FieldError[]): ProblemError {
  const told = errors.map(({ pointer, detail }) => (pointer === '' ? detail : `${pointer}: ${detail}`));
  return new ProblemError('invalid-fields', told.join(' '), { errors });
}

function fieldErrors(target: keyof ValidationTargets, issue: z.core.$ZodIssue, data: unknown): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    const detail = target === 'query' ? 'Unknown parameter.' : 'Unknown field.';
    return issue.keys.map((key) => ({ pointer: pointerTo(target, [...issue.path, key]), detail }));
  }
  return [{ pointer: pointerTo(target, issue.path), detail: whatIsWrong(issue, valueAt(data, issue.path)) }];
}

function whatIsWrong({ message, path }: z.core.$ZodIssue, value: unknown): string {
  if (path.length > 0 && value === undefined) return 'This field is required.';
  return message.endsWith('.') ? message : `${message}.`;
}

/** RFC 6901 for a body, `?name` for a query parameter, `#Name` for a header. */
function pointerTo(target: keyof ValidationTargets, path: readonly PropertyKey[]): string {
  if (target === 'query') return `?${path.map(String).join('.')}`;
  if (target === 'header') return `#${path.map(String).join('.')}`;
  return jsonPointer(path);
}

/** RFC 6901 §3. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
