import { initial } from './0001-initial.ts';
import { foldedUserNames } from './0002-folded-user-names.ts';
import type { Migration } from './migration.ts';

/** Every migration, oldest first. */
export const migrations: readonly Migration[] = [initial, foldedUserNames];
