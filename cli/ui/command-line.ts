import { serviceAccountName } from '../../shared/names.ts';
import { sanitize } from './sanitize.ts';

/** Returns `tokens COMMAND NAME OPTIONS`, quoted so that it can be pasted into a shell. */
export function commandLine(command: string, name: string, options = ''): string {
  const shown = sanitize(name);
  const word = shellWord(name);
  const words = shown.startsWith('-') ? [command, options, '--', word] : [command, word, options];
  return ['tokens', ...words].filter((text) => text !== '').join(' ');
}

/** Returns such a command about a token. A service account that owns it is named, because the token would not be found otherwise. */
export function tokenCommand(command: string, { name, owner }: { name: string; owner: string }, options = ''): string {
  const account = serviceAccountName(owner);
  const named = account === null ? '' : `--service-account ${shellWord(account)}`;
  return commandLine(command, name, [named, options].filter((text) => text !== '').join(' '));
}

/** Returns a text as one word for a shell, quoted if necessary. */
export function shellWord(text: string): string {
  const shown = sanitize(text);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
