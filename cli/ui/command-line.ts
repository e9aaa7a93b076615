import { plain } from './plain.ts';

/** `tokens COMMAND NAME` as it can be pasted into a shell, whatever the name holds. */
export function commandLine(command: string, name: string): string {
  const shown = plain(name);
  const word = /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
  return `tokens ${command} ${shown.startsWith('-') ? '-- ' : ''}${word}`;
}
