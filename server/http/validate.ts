import { z } from '@hono/zod-openapi';
import type { ValidationTargets } from 'hono';
import { NIL, validate } from 'uuid';
import { limits } from '../../shared/limits.ts';
import { type FieldError, ProblemError } from '../../shared/problem.ts';

const maxReportedErrors = 20;

/** Declares a route's required JSON request body. */
export function jsonRequest<T extends z.ZodType>(schema: T) {
  return { content: { 'application/json': { schema } }, required: true as const };
}

/** Declares one of a route's JSON responses. */
export function jsonResponse<T extends z.ZodType>(schema: T, description: string) {
  return { content: { 'application/json': { schema } }, description };
}

/** The `{id}` in a path. Text that is not a UUID becomes the nil UUID, so both cases produce the same 404. */
export const idParamSchema = z.object({
  id: z.string().transform((text) => (validate(text) ? text.toLowerCase() : NIL)),
});

/** The `{id}` of a webhook and the `{delivery}` below it. */
export const deliveryParamSchema = idParamSchema.extend({ delivery: idParamSchema.shape.id });

/** The `{id}` of a member and the `{session}` below it. */
export const memberSessionParamSchema = idParamSchema.extend({ session: idParamSchema.shape.id });

/** The header with which a client can safely repeat a request that returns a secret. */
export const idempotencyHeaderSchema = z.object({
  'idempotency-key': z
    .string()
    .regex(
      new RegExp(`^[\\x21-\\x7e]{1,${limits.maxIdempotencyKeyCharacters}}$`),
      `Idempotency-Key is 1–${limits.maxIdempotencyKeyCharacters} visible ASCII characters.`,
    )
    .optional()
    .meta({
      description: 'Makes a retry safe: the same key with the same body within 24 hours changes nothing more.',
    }),
});

/** Rejects input that does not match the route's schema. @throws ProblemError `invalid-fields` */
export function rejectInvalid(
  result: { target: keyof ValidationTargets } & (
    | { success: true; data: unknown }
    | { success: false; error: z.ZodError; data?: unknown }
  ),
): void {
  if (result.success) return;
  const errors = result.error.issues
    .flatMap((issue) => fieldErrors(result.target, issue, result.data))
    .slice(0, maxReportedErrors);
  throw invalidFields(errors);
}

/** Creates the `invalid-fields` problem that names each field and its fault. */
export function invalidFields(errors: FieldError[]): ProblemError {
  const details = errors.map(({ pointer, detail }) => (pointer === '' ? detail : `${pointer}: ${detail}`));
  return new ProblemError('invalid-fields', details.join(' '), { errors });
}

function fieldErrors(target: keyof ValidationTargets, issue: z.core.$ZodIssue, data: unknown): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    const detail = target === 'query' ? 'Unknown parameter.' : 'Unknown field.';
    return issue.keys.map((key) => ({ pointer: pointerTo(target, [...issue.path, key]), detail }));
  }
  return [{ pointer: pointerTo(target, issue.path), detail: faultOf(issue, valueAt(data, issue.path)) }];
}

function faultOf({ message, path }: z.core.$ZodIssue, value: unknown): string {
  if (path.length > 0 && value === undefined) return 'This field is required.';
  return message.endsWith('.') ? message : `${message}.`;
}

/** Returns where the fault is: an RFC 6901 pointer into the body, `?name` for a parameter or `#Name` for a header. */
function pointerTo(target: keyof ValidationTargets, path: readonly PropertyKey[]): string {
  if (target === 'query') return `?${path.map(String).join('.')}`;
  if (target === 'header') return `#${path.map(String).join('.')}`;
  return jsonPointer(path);
}

/** Formats a path as an RFC 6901 JSON pointer. */
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
