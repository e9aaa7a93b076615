import { readConfig } from '../config/config.ts';
import { describeConfig } from '../config/describe-config.ts';
import type { Context } from '../context.ts';

/** Prints the effective settings. @throws ConfigError */
export async function runConfig(context: Context): Promise<void> {
  const config = readConfig(context.env);
  await context.stdout.write(`${describeConfig(config).join('\n')}\n`);
}
