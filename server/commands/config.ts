import { describeConfig, readConfig, unknownSettings } from '../config/config.ts';
import type { Context } from '../context.ts';

/** Prints the effective settings, and warns about unknown ones on stderr. @throws ConfigError */
export async function runConfig(context: Context): Promise<void> {
  const config = readConfig(context.env);
  for (const name of unknownSettings(context.env))
    context.stderr.write(`${name} is not a setting of this version and is ignored. Check the spelling.\n`);
  await context.stdout.write(`${describeConfig(config).join('\n')}\n`);
}
