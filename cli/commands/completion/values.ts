import { auditActions } from '../../../shared/audit-actions.ts';
import { scopes } from '../../../shared/scopes.ts';
import { columnNames } from '../../ui/tokens/chosen-columns.ts';

/** The commands whose arguments are files, by their path. */
const commandsWithFiles: ReadonlySet<string> = new Set(['/scan']);

/** The options whose value is a file. They mean the same in every command. */
const fileOptions: ReadonlySet<string> = new Set(['--file', '-f', '--out', '--id-token-file', '--secrets-file']);

/** The options whose values are known. They mean the same in every command. Those with `choices` of commander are missing here. */
const valuesByOption: Readonly<Record<string, readonly string[]>> = {
  '--action': auditActions,
  '--columns': columnNames,
  '--credential-store': ['keychain', 'file'],
  '--event': auditActions,
  '--format': ['standard', 'slack'],
  '--manage': scopes,
  '--preflight': ['pass', 'deny'],
};

/** The options that take several values in one word, separated by commas. */
const listOptions: ReadonlySet<string> = new Set(['--columns']);

/** Reports whether the arguments of the command at this path are files. */
export function areFiles(path: string): boolean {
  return commandsWithFiles.has(path);
}

export function isFileOption(option: string): boolean {
  return fileOptions.has(option);
}

export function isListOption(option: string): boolean {
  return listOptions.has(option);
}

/** Returns the values that this option can have, if they are known. */
export function valuesOf(option: string): readonly string[] {
  return valuesByOption[option] ?? [];
}
