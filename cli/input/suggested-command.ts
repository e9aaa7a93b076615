import type { Command } from 'commander';
import { closeNames } from '../api/find/close-names.ts';
import type { FoundCommand } from './find-command.ts';

/** Maps names of commands in other tools to ours. The suggestion is the first one that the group of commands has. */
const meanings: Readonly<Record<string, readonly string[]>> = {
  delete: ['revoke', 'delete', 'remove', 'end'],
  remove: ['revoke', 'delete', 'remove', 'end'],
  destroy: ['revoke', 'delete', 'remove', 'end'],
  rm: ['revoke', 'delete', 'remove', 'end'],
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
  member: ['users'],
};

/** Words that mean another command, in one group only. */
const elsewhere: Readonly<Record<string, string>> = {
  'servers add': 'tokens login',
  'servers create': 'tokens login',
  'servers new': 'tokens login',
  'webhooks suspend': 'tokens webhooks edit --disable',
  'webhooks pause': 'tokens webhooks edit --disable',
  'webhooks disable': 'tokens webhooks edit --disable',
  'webhooks enable': 'tokens webhooks edit --enable',
};

/** Words for tokens, which a command line leaves out: `tokens create` instead of `tokens token create`. */
const superfluous: readonly string[] = ['token', 'tokens'];

/** Returns the sentence that suggests a command, or one of `topics`, for the unknown words. Returns '' if none is close. */
export function suggestCommand({ command: group, unknown }: FoundCommand, topics: readonly string[] = []): string {
  const [word = '', next = ''] = unknown.map((text) => text.toLowerCase());
  const line = elsewhere[`${group.name()} ${word}`];
  if (line !== undefined) return ` Did you mean \`${line}\`?`;
  const isSuperfluous = group.parent === null && superfluous.includes(word);
  const meant = isSuperfluous ? commandMeantBy(next, group) : commandMeantBy(word, group);
  const suggested = meant === null ? closeCommands(isSuperfluous ? next : word, group, topics) : [meant];
  return suggested.length === 0 ? '' : ` Did you mean ${suggested.join(' or ')}?`;
}

/** Returns the command of this group that has this name or means the same, or null. */
function commandMeantBy(word: string, group: Command): string | null {
  const meant = Object.hasOwn(meanings, word) ? (meanings[word] ?? []) : [];
  return [word, ...meant].find((name) => group.commands.some((command) => command.name() === name)) ?? null;
}

/** Returns up to two names that are close to a word. If a command and its alias are close, returns only the closer one. */
function closeCommands(word: string, group: Command, topics: readonly string[]): string[] {
  const names = group.commands.map((command) => closeNames(word, [command.name(), ...command.aliases()])[0]);
  return closeNames(word, [...names.filter((name) => name !== undefined), ...topics]);
}

/** Returns up to two options of the command that begin with this text. */
export function optionsBeginning({ command }: FoundCommand, text: string): string[] {
  const help = command.createHelp();
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  return options.flatMap(({ long }) => (long?.startsWith(text) ? [long] : [])).slice(0, 2);
}
