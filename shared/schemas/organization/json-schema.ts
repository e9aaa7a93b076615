import { z } from 'zod';
import { organizationSchema } from './organization.ts';

/**
 * Returns the JSON Schema of the declared state, for editors. It is of draft 7, which every editor knows. It accepts every file that
 * `tokens apply` accepts, and some that it rejects: rules about characters and secrets are not part of it.
 */
export function organizationJsonSchema(): object {
  return z.toJSONSchema(organizationSchema, {
    target: 'draft-7',
    io: 'input',
    // Each kind appears in one section only, so that references would be harder to read.
    reused: 'inline',
    override({ jsonSchema }) {
      const { example, id: _, ...rest } = jsonSchema as Record<string, unknown>;
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Record<string, unknown>)[key];
      Object.assign(jsonSchema, rest, example !== undefined && { examples: [example] });
    },
  });
}
