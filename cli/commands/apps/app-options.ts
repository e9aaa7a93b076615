import type { Command } from 'commander';
import type { GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { parseSeconds } from '../../input/parse-time.ts';
import { repeated } from '../../input/repeated.ts';

export interface AppOptions extends GlobalOptions {
  /** False with `--no-url`. Each other field that may be false has such an option, too. */
  url?: string | false;
  host?: string[];
  hosts?: boolean;
  group?: string[];
  groups?: boolean;
  maxExpiry?: string | false;
  preflight?: string;
}

/** The options that create and edit share. */
export function addAppOptions(command: Command): Command {
  return command
    .option('--url <url>', 'Where people find the app')
    .option(
      '--host <host>',
      'Host whose requests are for this app, if the proxy does not name the app; repeat it for several. The proxy must route by the same host, or clients can choose the app',
      repeated,
    )
    .option('--group <name>', 'Let only tokens of members in this group use the app; repeat it for several', repeated)
    .option('--max-expiry <duration>', 'Longest lifetime of tokens for this app: 12h, 90d or 1y')
    .option('--preflight <choice>', 'Whether CORS preflight requests reach the app without a token: pass or deny');
}

/** Returns the body of a create or edit. A field that no option names is missing. @throws CliError `usage` */
export function appBody(options: AppOptions) {
  const { url, host, group, maxExpiry, preflight } = options;
  if (host && options.hosts === false) throw conflict('--host', '--no-hosts');
  if (group && options.groups === false) throw conflict('--group', '--no-groups');
  const hosts = options.hosts === false ? [] : host;
  const groups = options.groups === false ? [] : group;
  return {
    ...(url !== undefined && { url: url === false ? null : url }),
    ...(hosts && { hosts }),
    ...(groups && { groups }),
    ...(maxExpiry !== undefined && {
      max_expiry: maxExpiry === false ? null : parseSeconds('--max-expiry', maxExpiry),
    }),
    ...(preflight !== undefined && { preflight: parsePreflight(preflight) }),
  };
}

function parsePreflight(text: string): 'pass' | 'deny' {
  if (text === 'pass' || text === 'deny') return text;
  throw localError('usage', `--preflight cannot be "${text}". Use pass or deny.`);
}

function conflict(one: string, other: string) {
  return localError('usage', `${one} and ${other} exclude each other. Use one of them.`);
}
