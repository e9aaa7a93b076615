import type { Command } from 'commander';
import { count } from '../../../shared/count.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { confirmOrCancel } from '../../input/ask.ts';
import { carryOut } from '../../organization/carry-out.ts';
import { readOrganizationFile } from '../../organization/file/read-file.ts';
import { planSteps } from '../../organization/plan/plan.ts';
import type { Step } from '../../organization/plan/step.ts';
import { readState, sectionsOf } from '../../organization/read-state.ts';
import { readRights, requireReadable, requireRights } from '../../organization/rights.ts';
import { collectSecrets, openSecretsFile, printSecrets, type SecretSink } from '../../organization/secrets.ts';
import { connect } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';

interface ApplyOptions extends GlobalOptions {
  file: string;
  dryRun?: boolean;
  prune?: boolean;
  yes?: boolean;
  secretsFile?: string;
}

export function registerApply(program: Command, ctx: Context): void {
  program
    .command('apply')
    .summary('Bring the organization to the state in a file')
    .description(
      'Bring the organization to the state in a YAML or JSON file. Prints the plan, then carries it out one object after the other. ' +
        'Sections and fields that the file leaves out stay as they are. A list in the file is the whole list. ' +
        'After a failure, run the command again: it continues where it stopped. Needs an Organization Superuser, or a management key with the scopes of the sections.',
    )
    .requiredOption('-f, --file <path>', 'The file. Use - for standard input')
    .option('--dry-run', 'Print the plan, and change nothing')
    .option(
      '--prune',
      'Also remove what the sections of the file do not list. Members are disabled. Asks for confirmation on a terminal',
    )
    .option('--yes', 'Do not ask for confirmation')
    .option(
      '--secrets-file <path>',
      'Write the secrets of new clients and webhooks to this new file, which only you can read, instead of printing them',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens apply -f organization.yaml --dry-run\n  $ tokens apply -f organization.yaml --prune --yes --secrets-file new-secrets.jsonl',
    )
    .action((_options, command: Command) => runApply(ctx, command.optsWithGlobals()));
}

async function runApply(ctx: Context, options: ApplyOptions): Promise<void> {
  const file = await readOrganizationFile(ctx, options.file);
  const connection = await connect(ctx, options);
  const rights = await readRights(connection);
  const { api } = connection;
  requireReadable(rights, sectionsOf(file));
  const state = await readState(api, sectionsOf(file));
  const steps = planSteps(state, file, { prune: options.prune === true });
  const { printPlan } = await import('../../organization/plan/print-plan.ts');
  if (!options.json) await printPlan(ctx, options, steps);
  requireRights(rights, steps);
  let applied = 0;
  let secrets: SecretSink | undefined;
  try {
    if (options.dryRun || steps.length === 0) return;
    await confirmRemovals(ctx, options, steps);
    secrets = await openSink(ctx, options, steps);
    await carryOut(api, steps, secrets, async () => {
      applied += 1;
    });
    await note(ctx, options, `Made ${count(applied, 'change')}.`);
  } finally {
    await secrets?.close();
    if (options.json) await printReport(ctx, steps, applied, secrets);
  }
}

async function confirmRemovals(ctx: Context, options: ApplyOptions, steps: readonly Step[]): Promise<void> {
  const removals = steps.filter(({ action }) => action === 'remove');
  if (removals.length === 0) return;
  const question = `Remove ${count(removals.length, 'object')} that the file does not list? Members are disabled, everything else is deleted.`;
  await confirmOrCancel(ctx, options.yes, question);
}

/** Opens the place for new secrets, before anything is created. */
async function openSink(ctx: Context, options: ApplyOptions, steps: readonly Step[]): Promise<SecretSink> {
  const createsSecrets = steps.some(({ action, section }) => action === 'create' && section.hasSecret);
  // Without new secrets, the file of an earlier run may stay where it is.
  if (options.secretsFile !== undefined && createsSecrets) return openSecretsFile(options.secretsFile);
  return options.json ? collectSecrets() : printSecrets(ctx);
}

async function printReport(ctx: Context, steps: readonly Step[], applied: number, sink: SecretSink | undefined) {
  const [{ printJson }, { shownStep }] = await Promise.all([
    import('../../ui/json.ts'),
    import('../../organization/plan/print-plan.ts'),
  ]);
  const secrets = sink?.collected ?? [];
  const report = { changes: steps.map(shownStep), applied, ...(secrets.length > 0 && { secrets }) };
  await printJson(ctx.stdout, report);
}
