import { ConfigError, readConfig } from '../../server/config/config.ts';

/** Returns the mistakes that `readConfig` reports for an environment, or an empty list. */
export function mistakesOf(env: Record<string, string>): string[] {
  try {
    readConfig({ HOME: '/nowhere', ...env });
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}
