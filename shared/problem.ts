import { z } from 'zod';
import { type ProblemCode, problems } from './problems.ts';
import { endedTokenDetailsSchema } from './schemas/tokens/ended-tokens.ts';

/** An invalid field. `pointer` is an RFC 6901 pointer into the body, `?name` for a query parameter or `#Name` for a header. */
export const fieldErrorSchema = z.object({ pointer: z.string(), detail: z.string() }).meta({ id: 'FieldError' });
export type FieldError = z.infer<typeof fieldErrorSchema>;

/** RFC 9457 problem details. `token` is present only if a known token was denied, and `ended` only if the token of the request has ended. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    request_id: z.string().optional(),
    errors: z.array(fieldErrorSchema).optional(),
    token: z.object({ prefix: z.string(), name: z.string(), owner: z.string() }).optional(),
    ended: endedTokenDetailsSchema.optional(),
  })
  .meta({ id: 'Problem' });
export type ProblemDetails = z.infer<typeof problemSchema>;

export interface ProblemOptions {
  errors?: FieldError[];
  /** In seconds, for `Retry-After`. */
  retryAfter?: number;
  cause?: unknown;
}

/** An expected failure with a code from the catalogue. `detail` tells the user what happened and what to do next. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly errors: FieldError[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'ProblemError';
    this.code = code;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
  }

  get exit(): number {
    return problems[this.code].exit;
  }
}

/** Returns the `type` member of a problem that the daemon sends (RFC 9457 §3.1.1). */
export function problemType(code: ProblemCode): string {
  return `urn:tokensd:problem:${code}`;
}
