import { z } from 'zod';
import { limits } from '../../limits.ts';
import { plainTextSchema } from '../common.ts';

/** Returns the name of a group without a leading slash, with which Keycloak marks a path of groups. */
export function plainGroup(name: string): string {
  return name.replace(/^\//, '');
}

/**
 * The name of a group of members: 1–64 code points after NFC and trimming, without a leading slash. Names are compared exactly, case
 * included.
 */
export const groupNameSchema = plainTextSchema('The name of a group', limits.maxNameCodePoints)
  .overwrite(plainGroup)
  .refine((text) => text !== '', 'The name of a group must not be empty.')
  .meta({ example: 'developers' });

/** A set of groups. Leaves out repeated names. */
export const groupNamesSchema = z
  .array(groupNameSchema)
  .max(limits.maxGroups, `At most ${limits.maxGroups} groups are accepted.`)
  .overwrite((names) => [...new Set(names)]);
