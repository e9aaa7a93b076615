import { z } from 'zod';
import { limits } from '../limits.ts';
import { plainTextSchema } from './common.ts';

/** The name of a group of members: 1–64 code points after NFC and trimming. Names are compared exactly, case included. */
export const groupNameSchema = plainTextSchema('The name of a group', limits.maxNameCodePoints)
  .refine((text) => text !== '', 'The name of a group must not be empty.')
  .meta({ example: 'developers' });

/** A set of groups. Leaves out repeated names. */
export const groupNamesSchema = z
  .array(groupNameSchema)
  .max(limits.maxGroups, `At most ${limits.maxGroups} groups are accepted.`)
  .overwrite((names) => [...new Set(names)]);
