import type { z } from 'zod';
import { invalidFields, jsonPointer } from '../../http/validate.ts';

/** Returns a form field as text. A missing field or an uploaded file becomes the empty string. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Returns the values of a field that a form may contain several times, such as checkboxes of one name. Read the form with `all`. */
export function textsOf(value: unknown): string[] {
  return [value].flat().filter((one): one is string => typeof one === 'string' && one !== '');
}

/** Returns the lines of a text area, without the empty ones. */
export function linesOf(text: string): string[] {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Validates a body with the API's schema for it. @throws ProblemError `invalid-fields` */
export function parseForm<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidFields(
    parsed.error.issues.map(({ path, message }) => ({ pointer: jsonPointer(path), detail: message })),
  );
}
