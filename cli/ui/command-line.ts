import { sanitize } from './sanitize.ts';

/** Returns `tokens COMMAND NAME`, quoted so that it can be pasted into a shell. */
export function commandLine(command: string, name: string): string {
  const shown = sanitize(name);
  const word = /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
  return `tokens ${command} ${shown.startsWith('-') ? '-- ' : ''}${word}`;
}
