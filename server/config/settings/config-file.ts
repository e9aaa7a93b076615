import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from '../environment.ts';
import { readTextFile, SettingFileError } from './setting-file.ts';
import { trimValue } from './setting-text.ts';

/** The variable that names a file with settings. */
export const configVariable = 'TOKENSD_CONFIG';

/** The settings in the file that `TOKENSD_CONFIG` names. */
export interface ConfigFile {
  /** The absolute path; null: the environment names no file. */
  file: string | null;
  /** The lines of the file. Empty if it has mistakes. */
  values: Environment;
  /** One sentence per mistake, starting with the name of the variable. None contains a value of the file. */
  mistakes: string[];
}

/** Reads the file that `TOKENSD_CONFIG` names, in the syntax of Node.js' environment files. */
export function readConfigFile(env: Environment): ConfigFile {
  const path = trimValue(env[configVariable] ?? '');
  if (path === '') return { file: null, values: {}, mistakes: [] };
  const file = resolve(path);
  try {
    const text = normalized(readTextFile(path));
    const mistakes = lineMistakes(text).map((mistake) => `${configVariable} names ${file}, ${mistake}`);
    return { file, values: mistakes.length === 0 ? parseEnv(text) : {}, mistakes };
  } catch (error) {
    if (!(error instanceof SettingFileError)) throw error;
    return { file, values: {}, mistakes: [`${configVariable} ${error.message}`] };
  }
}

/** Some versions of Node.js join an indented comment with the next line, or keep the carriage returns of Windows. */
function normalized(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').replaceAll(/^[ \t]+/gm, '');
}

/** Stands for a value in quotation marks, which may span lines and contain anything. */
const quoted = '\0';
const assignment = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)$/;
const quotedAssignment = /^((?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*[ \t]*=)[ \t]*((["'`])[\s\S]*?\3)(.*)$/gm;

/**
 * Returns what is wrong with lines of the file, without their text. Node.js reports no mistakes: it joins a line without `=` with the next one, so that
 * a setting would not be obeyed.
 */
function lineMistakes(text: string): string[] {
  const names = new Set<string>();
  return linesOf(text).flatMap((line, index) => {
    if (line === '' || line.startsWith('#')) return [];
    const where = `whose line ${index + 1}`;
    const [, name, value = ''] = assignment.exec(line) ?? [];
    if (name === undefined) return [`${where} is not NAME=VALUE`];
    if (names.has(name)) return [`${where} sets ${name} again. Remove one of the lines`];
    names.add(name);
    const mistake = valueMistake(value);
    return mistake === null ? [] : [`${where} ${mistake}`];
  });
}

/** Returns the lines, with each value in quotation marks replaced. Each line keeps its number. */
function linesOf(text: string): string[] {
  const replaced = text
    .replaceAll(quoted, ' ')
    .replaceAll(quotedAssignment, (_line, start: string, value: string, _mark, rest: string) => {
      return start + quoted + rest + value.replaceAll(/[^\n]/g, '');
    });
  return replaced.split('\n').map((line) => line.trim());
}

/** Returns what is wrong with the right side of a line, or null. The sentence continues "whose line N …". */
function valueMistake(value: string): string | null {
  if (value.startsWith(quoted)) {
    return /^[ \t]*(?:#.*)?$/.test(value.slice(quoted.length)) ? null : 'has text after the closing quotation mark';
  }
  if (/^["'`]/.test(value)) return 'has an opening quotation mark and no closing one';
  if (!/(?:^|[^ \t])#/.test(value.replace(/[ \t]#.*$/s, ''))) return null;
  return 'has a # in the value, which would begin a comment. Put the value in quotation marks';
}
