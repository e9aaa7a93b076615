import type { Command } from 'commander';

/** Maps names of commands in other tools to ours. The suggestion is the first one that the group of commands has. */
const meanings: Readonly<Record<string, readonly string[]>> = {
  delete: ['revoke', 'delete', 'remove', 'end'],
  remove: ['revoke', 'delete', 'remove', 'end'],
  destroy: ['revoke', 'delete', 'remove', 'end'],
  revoke: ['end'],
  renew: ['rotate', 'rotate-secret'],
  regenerate: ['rotate', 'rotate-secret'],
  roll: ['rotate', 'rotate-secret'],
  refresh: ['rotate', 'rotate-secret'],
  rename: ['edit'],
  extend: ['edit'],
  new: ['create', 'add'],
  add: ['create', 'add'],
  generate: ['create', 'add'],
  create: ['add'],
  suspend: ['pause', 'disable'],
  members: ['users'],
};

/** Returns the command of this group that means the same as an unknown word, or null. */
export function commandMeantBy(word: string, group: Command): string | null {
  const meant = Object.hasOwn(meanings, word) ? (meanings[word] ?? []) : [];
  return meant.find((name) => group.commands.some((command) => command.name() === name)) ?? null;
}
