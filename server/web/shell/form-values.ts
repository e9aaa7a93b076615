import type { z } from 'zod';
import { invalidFields, jsonPointer } from '../../http/validate.ts';

/** A field of a form as text; what is missing, or is a file, is empty. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** What the API would take, by the API's own schema. @throws ProblemError `invalid-fields` */
export function parseForm<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidFields(
    parsed.error.issues.map(({ path, message }) => ({ pointer: jsonPointer(path), detail: message })),
  );
}
