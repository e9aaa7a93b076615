import { type Command, Option } from 'commander';
import type { RuleFields } from '../../shared/schemas/tokens/rules.ts';
import { repeated } from './repeated.ts';

/** The options that set rules of a token. */
export interface RuleOptions {
  app?: string[];
  readOnly?: boolean;
  allow?: string[];
  from?: string[];
  observe?: boolean;
}

/** The options that remove rules of a token. `--no-read-only` sets `readOnly` to false. */
export interface RuleRemovalOptions {
  anyApp?: boolean;
  allowAll?: boolean;
  fromAnywhere?: boolean;
  enforce?: boolean;
}

/** Adds the options that set rules. */
export function addRuleOptions(command: Command): Command {
  return command
    .addOption(new Option('--app <name>', 'App that the token works for; repeat it for more').argParser(repeated))
    .option('--read-only', 'Allow only methods that change nothing, such as GET and HEAD')
    .addOption(
      new Option(
        '--allow <line>',
        'Methods and paths to allow, such as "GET,HEAD /api/**"; repeat it for more',
      ).argParser(repeated),
    )
    .addOption(
      new Option(
        '--from <cidr>',
        'Network that requests may come from, such as 203.0.113.0/24; repeat it for more',
      ).argParser(repeated),
    )
    .option('--observe', 'Only record what the rules would deny, and deny nothing');
}

/** Adds the options that remove rules. */
export function addRuleRemovalOptions(command: Command): Command {
  return command
    .addOption(new Option('--any-app', 'Remove the rule about apps').conflicts('app'))
    .option('--no-read-only', 'Allow methods that change something')
    .addOption(new Option('--allow-all', 'Allow every method and path').conflicts('allow'))
    .addOption(new Option('--from-anywhere', 'Allow requests from every network').conflicts('from'))
    .addOption(new Option('--enforce', 'Apply the rules after --observe').conflicts('observe'));
}

/** Returns the rules to send. A rule without an option is missing, so that it stays. */
export function ruleFieldsOf(options: RuleOptions & RuleRemovalOptions): RuleFields {
  const apps = options.anyApp ? null : options.app;
  const allow = options.allowAll ? null : options.allow;
  const networks = options.fromAnywhere ? null : options.from;
  const enforce = options.enforce ? true : options.observe ? false : undefined;
  return {
    ...(apps !== undefined && { apps }),
    ...(options.readOnly !== undefined && { read_only: options.readOnly }),
    ...(allow !== undefined && { allow }),
    ...(networks !== undefined && { networks }),
    ...(enforce !== undefined && { enforce }),
  };
}
