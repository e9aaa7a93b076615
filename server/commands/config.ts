import { describeConfig, readConfig, unknownSettings } from '../config/config.ts';
import type { Context } from '../context.ts';

export function runConfig(context: Context): void {
  const config = readConfig(context.env);
  for (const name of unknownSettings(context.env)) context.stderr.write(`${name} is no setting of this version.\n`);
  context.stdout.write(`${describeConfig(config).join('\n')}\n`);
}
