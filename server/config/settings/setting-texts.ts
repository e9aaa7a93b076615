import { resolve } from 'node:path';
import type { Environment } from '../environment.ts';
import { readSettingFile, SettingFileError } from './setting-file.ts';
import { onOneLine, trimValue, valueMistake } from './setting-text.ts';
import { emptySettings, listSettings, settingNames } from './settings.ts';
import { unknownSettings } from './unknown-settings.ts';

/** The settings as text, before their schemas parse them. */
export interface SettingTexts {
  /** Each present setting with its trimmed value. */
  values: Record<string, string>;
  /** The settings that are set, also those whose value cannot be read. */
  given: ReadonlySet<string>;
  /** The absolute path of each value that was read from a file, by the name of the setting. */
  files: Record<string, string>;
  /** One sentence per mistake, starting with the name of the variable. */
  mistakes: string[];
}

/** Returns the variable that names a file with the value of a setting. */
export function fileVariable(name: string): string {
  return `${name}_FILE`;
}

/** Reads the text of every setting from its variable, or from the file that `NAME_FILE` names. */
export function readSettingTexts(env: Environment): SettingTexts {
  const given = settingNames.filter((name) => presentValue(env, name) !== null || filePath(env, name) !== '');
  const texts: SettingTexts = { values: {}, given: new Set(given), files: {}, mistakes: [] };
  for (const name of settingNames) {
    try {
      const value = readText(env, name, texts);
      if (value === null) continue;
      const mistake = valueMistake(value);
      if (mistake === null) texts.values[name] = value;
      else texts.mistakes.push(`${nameSource(name, texts.files)} ${mistake}`);
    } catch (error) {
      if (!(error instanceof SettingFileError)) throw error;
      texts.mistakes.push(`${fileVariable(name)} ${error.message}`);
    }
  }
  const known = [...settingNames, ...settingNames.map(fileVariable)];
  texts.mistakes.push(...unknownSettings(env, known));
  return texts;
}

/** Returns the name of a setting, with the file if its value came from one. Mistakes start with it. */
export function nameSource(name: string, files: SettingTexts['files']): string {
  return files[name] === undefined ? name : `${name} (from ${files[name]})`;
}

/** Returns the trimmed value of a setting, or null if it is unset. Records in `files` where it came from. */
function readText(env: Environment, name: string, { files, mistakes }: SettingTexts): string | null {
  const direct = presentValue(env, name);
  const path = filePath(env, name);
  if (direct !== null && path !== '') {
    mistakes.push(`${name} and ${fileVariable(name)} are both set. Remove one of them`);
    return null;
  }
  if (path !== '') files[name] = resolve(path);
  const value = path === '' ? direct : readSettingFile(path);
  return value !== null && listSettings.includes(name) ? onOneLine(value) : value;
}

/** Returns the path of the file with the value of a setting, or an empty text. */
function filePath(env: Environment, name: string): string {
  return trimValue(env[fileVariable(name)] ?? '');
}

/** Treats an empty value as unset, as in compose files, except where an empty value has a meaning of its own. */
function presentValue(env: Environment, name: string): string | null {
  const value = env[name];
  if (value === undefined) return null;
  const trimmed = trimValue(value);
  return trimmed === '' && !emptySettings.includes(name) ? null : trimmed;
}
