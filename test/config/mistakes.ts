import fc from 'fast-check';
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

/** Any text that an environment variable can hold, with what matters to settings more often than by chance. */
export const anyValue: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        ' ',
        '\n',
        '\r\n',
        '\t',
        ',',
        '#',
        '=',
        '"',
        "'",
        '`',
        '\\n',
        '\ufeff',
        '\u00a0',
        '\u200b',
        '$(A)',
      ),
      fc.constantFrom('10.0.0.0/8', 'true', '30d', 'https://tokens.example.com', 'unix:/run/x.sock', '[::1]:8420'),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));
