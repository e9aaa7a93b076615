import { z } from 'zod';
import { limits } from '../limits.ts';
import { codePoints, hasForbiddenCharacters, normalizeName } from '../names.ts';
import { redact } from '../redact.ts';

/** RFC 3339 in UTC with milliseconds: the format of every time in a response. */
export const timeSchema = z.iso.datetime().meta({ example: '2026-11-23T16:20:00.000Z' });

/** Any RFC 3339 time: with any offset, and with lowercase `t` and `z` (§5.6). */
export function sentTimeSchema(name: string) {
  const error = `${name} must be an RFC 3339 time such as 2027-01-31T23:59:59Z.`;
  return z
    .string(error)
    .toUpperCase()
    .check(z.iso.datetime({ offset: true, error }));
}

export const idSchema = z.string().meta({ example: '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b' });

/** Text of one line that people read: in NFC, without surrounding white space, and free of secrets. */
export const plainTextSchema = (what: string, maxCodePoints: number) =>
  z
    .string()
    .overwrite(normalizeName)
    .refine((text) => codePoints(text) <= maxCodePoints, `${what} must have at most ${maxCodePoints} characters.`)
    .refine(
      (text) => !hasForbiddenCharacters(text),
      `${what} must not contain control, zero-width, direction or unassigned characters.`,
    )
    // A secret that is pasted here by mistake would be stored and shown to others.
    .refine((text) => redact(text) === text, `${what} must not contain a token value or another secret.`);

/** A token's name: 1–64 code points after NFC and trimming. */
export const tokenNameSchema = plainTextSchema('A name', limits.maxNameCodePoints)
  .refine((text) => text !== '', 'A name must not be empty.')
  .meta({ example: 'ci-pipeline' });

/** A member's name: the rules of a token's name, but it may be empty. */
export const userNameSchema = plainTextSchema('A name', limits.maxNameCodePoints).meta({ example: 'Ada Lovelace' });

export const descriptionSchema = plainTextSchema('A description', limits.maxDescriptionCodePoints);

/** An email address in NFC. Addresses are compared under `foldName`. */
export const emailSchema = z
  .string()
  .overwrite(normalizeName)
  .refine(
    (text) => text.length <= limits.maxEmailCharacters,
    `An email address must have at most ${limits.maxEmailCharacters} characters.`,
  )
  .refine(
    (text) => z.regexes.unicodeEmail.test(text) && !hasForbiddenCharacters(text) && !/[<>,;:"\\()[\]]/.test(text),
    'Enter an email address such as ada@example.com.',
  )
  .meta({ example: 'ada@example.com' });

const pageSizeRule = `limit must be a whole number from 1 to ${limits.maxPageSize}.`;

/** The query parameters of every list. */
export const pageQuerySchema = z.strictObject({
  limit: z
    .string()
    .regex(/^[0-9]{1,3}$/, pageSizeRule)
    .transform(Number)
    .pipe(z.int().min(1, pageSizeRule).max(limits.maxPageSize, pageSizeRule))
    .optional()
    .describe(`Items per page, ${limits.defaultPageSize} by default and ${limits.maxPageSize} at most`),
  cursor: z.string().max(200).optional().describe('`next_cursor` of the previous page'),
});

/** Returns the schema of one page of a list. */
export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().describe('`cursor` of the next page; null on the last page'),
  });
}

/** A boolean in a query string: `true` or `false`. */
export const queryBooleanSchema = z.enum(['true', 'false']).transform((text) => text === 'true');
