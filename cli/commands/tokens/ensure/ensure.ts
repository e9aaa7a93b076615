import type { Command } from 'commander';
import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { localError } from '../../../errors.ts';
import { addServiceAccountOption, type OwnerOptions } from '../../../input/owner-options.ts';
import { parseExpiry, parseOverlap, parseSeconds } from '../../../input/parse-time.ts';
import { addRuleOptions, type RuleOptions, ruleFieldsOf } from '../../../input/rule-options.ts';
import { resolveServer } from '../../../session/find-server.ts';
import { type TokenFile, withTokenFile } from '../../../token-file/token-file.ts';
import { warn } from '../../../ui/notes.ts';
import { printOutcome } from '../../../ui/outcome.ts';
import { sanitize } from '../../../ui/sanitize.ts';
import { allowSelfRotation } from './allow-self-rotation.ts';
import { isDue } from './due.ts';
import { inspectFile } from './inspect.ts';
import { noteOtherRules } from './note-rules.ts';
import { renew } from './renew.ts';
import type { Wanted } from './wanted.ts';

export interface EnsureOptions extends GlobalOptions, RuleOptions, Pick<OwnerOptions, 'serviceAccount'> {
  out: string;
  renewBefore?: string;
  expires?: string;
  overlap?: string;
  selfRotate?: boolean;
  description?: string;
}

type Action = 'none' | 'created' | 'rotated';

export function defineEnsure(command: Command, ctx: Context): void {
  command
    .argument('<name>', 'Name of the token')
    .description(
      'Keep a working token value in a file. Run it regularly: it does nothing while the value in the file works and has time left. Otherwise it rotates the token, or creates it, and replaces the file in one step. The file always holds a complete value. A token that may rotate itself needs no session. Rules, such as --app, apply only to a new token.',
    )
    .requiredOption('--out <file>', 'File that holds the value (mode 600)')
    .option(
      '--renew-before <duration>',
      'Time left at which to rotate (default: 14d, or a third of the lifetime if shorter)',
    )
    .option(
      '--expires <when>',
      'Expiry: 30m, 12h, 90d, 1y, a date (the end of that day in UTC), a time, or never (default: 90d for a new token)',
    )
    .option('--overlap <duration>', 'How long the old value keeps working after a rotation: 0 to 30d (default: 24h)')
    .option('--self-rotate', 'Let the token rotate itself, so that later runs need no session')
    .option('--description <text>', 'Purpose of a new token');
  addServiceAccountOption(addRuleOptions(command), 'Service account that owns the token')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens ensure prometheus --out /etc/prometheus/token --self-rotate\n  $ tokens ensure ci-pipeline --out ~/.ci-token --expires 30d --renew-before 7d',
    )
    .action((name: string, _options, command: Command) => runEnsure(ctx, name, command.optsWithGlobals()));
}

async function runEnsure(ctx: Context, name: string, options: EnsureOptions): Promise<void> {
  const wanted = parseWanted(name, options);
  const server = await resolveServer(ctx, options);
  const { action, token } = await withTokenFile(
    ctx,
    options.out,
    async (file): Promise<{ action: Action; token: Token }> => {
      const present = await inspectFile(ctx, options, server, file, wanted);
      // Only now is it certain that the file belongs to this token.
      if (present.kind === 'active') await makePrivate(ctx, options, file);
      const isGood = present.kind === 'active' && present.isCurrent && !isDue(present.token, wanted, ctx.now());
      const done = isGood
        ? ({ action: 'none', token: present.token } as const)
        : await renew(ctx, options, server, file, present, wanted);
      return wanted.selfRotate ? { ...done, token: await allowSelfRotation(ctx, options, done.token) } : done;
    },
  );
  if (action !== 'created') await noteOtherRules(ctx, options, token, wanted.rules);
  const { prefix, expires_at, self_rotate = false } = token;
  const result = {
    ...{ changed: action !== 'none', action, name: token.name, prefix, expires_at, file: options.out },
    ...(wanted.selfRotate && { self_rotate }),
  };
  await printOutcome(ctx, options, result, describe(result));
}

/** Takes the file's value away from other users, which the next rotation would do as well. */
async function makePrivate(ctx: Context, options: GlobalOptions, { path, restrictMode }: TokenFile): Promise<void> {
  const { before, failure } = await restrictMode();
  if (before === null) return;
  const had = `${sanitize(path)} had mode ${before}, so other users could read the value.`;
  const now =
    failure === null
      ? 'It has mode 600 now.'
      : `Its mode cannot be changed (${failure}): run \`chmod 600\` as its owner.`;
  await warn(ctx, options, `${had} ${now}`);
}

function parseWanted(name: string, options: EnsureOptions): Wanted {
  const { renewBefore, expires, overlap, selfRotate = false, description, serviceAccount } = options;
  const wanted: Wanted = {
    name,
    serviceAccount,
    renewBefore: renewBefore === undefined ? undefined : parseSeconds('--renew-before', renewBefore),
    expiry: expires === undefined ? undefined : parseExpiry(expires),
    overlap: overlap === undefined ? undefined : parseOverlap(overlap),
    selfRotate,
    description,
    rules: ruleFieldsOf(options),
  };
  if (selfRotate && expires === 'never') {
    throw localError(
      'usage',
      'A token that rotates itself needs an expiry. Give another --expires, or no --self-rotate.',
    );
  }
  return wanted;
}

function describe({ action, name, prefix, file }: { action: Action; name: string; prefix: string; file: string }) {
  const shown = `${sanitize(name)} (${sanitize(prefix)})`;
  if (action === 'none') return `${sanitize(file)} is up to date: ${shown}.`;
  return `${action === 'created' ? 'Created' : 'Rotated'} ${shown} and wrote ${sanitize(file)}.`;
}
