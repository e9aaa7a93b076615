import { realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Environment } from '../../config/environment.ts';
import { configVariable } from '../../config/settings/config-file.ts';
import { trimValue } from '../../config/settings/setting-text.ts';
import { secretSettings } from '../../config/settings/settings.ts';
import type { Check } from './check.ts';

/**
 * Returns a warning for each file that may contain a secret and that every user of this machine can read: the file that `TOKENSD_CONFIG` names, and
 * the file of each secret setting.
 */
export function checkSettingFiles(env: Environment, { sources }: Pick<Config, 'sources'>): Check[] {
  const file = trimValue(env[configVariable] ?? '');
  const ofSecrets = secretSettings
    .map((name) => sources[name] ?? 'environment')
    .filter((source) => source !== 'environment');
  const files = new Set([...(file === '' ? [] : [resolve(file)]), ...ofSecrets]);
  return [...files].filter(isReadableByAll).map((path) => {
    const detail = `Every user of this machine can read ${path}, which may contain a secret. Let only its owner and the user of tokensd read it, with mode 0600 or 0640.`;
    return { name: 'settings', state: 'warning', detail };
  });
}

/** Reports whether the mode of a file, and that of every directory above it, lets other users than its owner and its group read it. */
function isReadableByAll(path: string): boolean {
  try {
    const file = realpathSync(path);
    return (
      (statSync(file).mode & 0o004) !== 0 && directoriesAbove(file).every((one) => (statSync(one).mode & 0o001) !== 0)
    );
  } catch {
    // For example, the file of /dev/stdin may be deleted already.
    return false;
  }
}

function directoriesAbove(path: string): string[] {
  const directory = dirname(path);
  return directory === path ? [] : [directory, ...directoriesAbove(directory)];
}
