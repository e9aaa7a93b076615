import { resolve } from 'node:path';
import type { Environment } from '../environment.ts';
import { configVariable, readConfigFile } from './config-file.ts';
import { readSettingFile, SettingFileError } from './setting-file.ts';
import { onOneLine, trimValue, valueMistake } from './setting-text.ts';
import { emptySettings, listSettings, settingNames } from './settings.ts';
import { foreignNames, unknownSettings } from './unknown-settings.ts';

/** The settings as text, before their schemas parse them. */
export interface SettingTexts {
  /** Each present setting with its trimmed value. */
  values: Record<string, string>;
  /** Where each setting that is set comes from, also if its value cannot be read: `environment`, or the absolute path of a file. */
  sources: Record<string, string>;
  /** The absolute path of each value that has a file of its own, by the name of the setting. */
  files: Record<string, string>;
  /** One sentence per mistake, starting with the name of the variable. */
  mistakes: string[];
}

/** Variables of the environment, or lines of the file that `TOKENSD_CONFIG` names. */
interface Variables {
  values: Environment;
  /** Null: the environment. */
  file: string | null;
}

/** Returns the variable that names a file with the value of a setting. */
export function fileVariable(name: string): string {
  return `${name}_FILE`;
}

/**
 * Reads the text of every setting from its variable, or from the file that `NAME_FILE` names. What the environment does not set
 * comes from the file that `TOKENSD_CONFIG` names, in both of these ways.
 */
export function readSettingTexts(env: Environment): SettingTexts {
  const { mistakes, ...config } = readConfigFile(env);
  const environment: Variables = { values: env, file: null };
  const texts: SettingTexts = { values: {}, sources: {}, files: {}, mistakes };
  for (const name of settingNames) {
    const variables = [environment, config].find(({ values }) => isSet(values, name));
    if (variables !== undefined) readSetting(variables, name, texts);
  }
  const known = [...settingNames, ...settingNames.map(fileVariable)];
  mistakes.push(...unknownSettings(env, [...known, configVariable]));
  if (config.file !== null) mistakes.push(...foreignNames({ values: config.values, env }, known, config.file));
  return texts;
}

/** Returns the name of a setting, with the file if its value came from one. Mistakes start with it. */
export function nameSource(name: string, sources: SettingTexts['sources']): string {
  const source = sources[name] ?? 'environment';
  return source === 'environment' ? name : fromFile(name, source);
}

function fromFile(name: string, file: string | null): string {
  return file === null ? name : `${name} (from ${file})`;
}

function isSet(values: Environment, name: string): boolean {
  return presentValue(values, name) !== null || filePath(values, name) !== '';
}

/** Adds a setting that is set, or a mistake. */
function readSetting({ values, file }: Variables, name: string, texts: SettingTexts): void {
  const path = filePath(values, name);
  texts.sources[name] = path === '' ? (file ?? 'environment') : resolve(path);
  if (path !== '') texts.files[name] = resolve(path);
  try {
    const direct = presentValue(values, name);
    if (direct !== null && path !== '') {
      texts.mistakes.push(`${fromFile(name, file)} and ${fileVariable(name)} are both set. Remove one of them`);
      return;
    }
    const text = direct ?? readSettingFile(path, emptySettings.includes(name));
    const value = listSettings.includes(name) ? onOneLine(text) : text;
    const mistake = valueMistake(value);
    if (mistake === null) texts.values[name] = value;
    else texts.mistakes.push(`${nameSource(name, texts.sources)} ${mistake}`);
  } catch (error) {
    if (!(error instanceof SettingFileError)) throw error;
    texts.mistakes.push(`${fromFile(fileVariable(name), file)} ${error.message}`);
  }
}

/** Returns the path of the file with the value of a setting, or an empty text. */
function filePath(values: Environment, name: string): string {
  return trimValue(values[fileVariable(name)] ?? '');
}

/** Treats an empty value as unset, as in compose files, except where an empty value has a meaning of its own. */
function presentValue(values: Environment, name: string): string | null {
  const value = values[name];
  if (value === undefined) return null;
  const trimmed = trimValue(value);
  return trimmed === '' && !emptySettings.includes(name) ? null : trimmed;
}
