import { type Config, ConfigError, readConfig } from '../../config/config.ts';
import type { Environment } from '../../config/environment.ts';
import { isPortIgnored } from '../../config/settings/unknown-settings.ts';
import type { Check } from './check.ts';
import { checkSettingFiles } from './setting-files.ts';

/** Reads the settings. Returns their checks, and the configuration unless a setting is invalid. */
export function checkSettings(env: Environment): { checks: Check[]; config: Config | null } {
  const name = 'settings';
  try {
    const config = readConfig(env);
    return {
      checks: [
        { name, state: 'ok', detail: 'Every setting is valid.' },
        ...checkPort(env),
        ...checkSettingFiles(env, config),
      ],
      config,
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const checks = error.mistakes.map((mistake): Check => ({ name, state: 'failed', detail: sentence(mistake) }));
    const detail = 'The other checks need valid settings. Correct the settings and check again.';
    return { checks: [...checks, { name: 'everything else', state: 'skipped', detail }], config: null };
  }
}

function checkPort(env: Environment): Check[] {
  if (!isPortIgnored(env)) return [];
  const detail = 'TOKENSD_PORT is ignored, because Kubernetes sets variables of that name. Set TOKENSD_LISTEN instead.';
  return [{ name: 'settings', state: 'warning', detail }];
}

function sentence(text: string): string {
  return /[.?]$/.test(text) ? text : `${text}.`;
}
