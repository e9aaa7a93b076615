import type { Command } from 'commander';
import { count } from '../../../shared/count.ts';
import type { Api } from '../../api/client.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError, systemCode } from '../../errors.ts';
import { confirmOrCancel } from '../../input/ask.ts';
import { carryOut } from '../../organization/carry-out.ts';
import { confirmPlan } from '../../organization/confirm-plan.ts';
import { stoppedAt } from '../../organization/failures.ts';
import { type OrganizationFile, readOrganizationFile } from '../../organization/file/read-file.ts';
import { watchOrphans } from '../../organization/new-orphans.ts';
import { checkPlan } from '../../organization/plan/check-plan.ts';
import { planSteps } from '../../organization/plan/plan.ts';
import type { Step } from '../../organization/plan/step.ts';
import { readState, sectionsOf } from '../../organization/read-state.ts';
import { type Rights, readRights, requireReadable, requireRights } from '../../organization/rights.ts';
import { collectSecrets, openSecretsFile, printSecrets, type SecretSink } from '../../organization/secrets.ts';
import { connect } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { warnOfUnmaintained } from '../users/leaving/warn-of-orphans.ts';

interface ApplyOptions extends GlobalOptions {
  file: string;
  dryRun?: boolean;
  prune?: boolean;
  yes?: boolean;
  secretsFile?: string;
}

export function defineApply(command: Command, ctx: Context): void {
  command
    .description(
      'Bring the organization to the state in a YAML or JSON file. Prints the plan, then carries it out one object after the other. ' +
        'Sections and fields that the file leaves out stay as they are. A list in the file is the whole list. ' +
        'After a failure, run the command again: it continues where it stopped. Needs an Organization Superuser, or a management key with the scopes of the sections.',
    )
    .requiredOption('-f, --file <path>', 'The file. Use - for standard input')
    .option('--dry-run', 'Print the plan, and change nothing')
    .option(
      '--prune',
      'Also remove objects that the sections of the file do not list. Members are disabled instead. Asks for confirmation on a terminal',
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
  const { organization } = file;
  const connection = await connect(ctx, options);
  const rights = await readRights(connection);
  const { api } = connection;
  requireReadable(rights, sectionsOf(organization));
  const state = await readState(api, sectionsOf(organization));
  const steps = planSteps(state, organization, { prune: options.prune === true });
  checkPlan(file, steps);
  await reportingClosedOutput(options, () => printAndCarryOut({ ctx, options, api, rights, file, steps }));
}

interface Run {
  readonly ctx: Context;
  readonly options: ApplyOptions;
  readonly api: Api;
  readonly rights: Rights;
  readonly file: OrganizationFile;
  readonly steps: readonly Step[];
}

async function printAndCarryOut({ ctx, options, api, rights, file, steps }: Run): Promise<void> {
  const { printPlan } = await import('../../organization/plan/print-plan.ts');
  if (!options.json) await printPlan(ctx, options, steps);
  let applied = 0;
  let secrets: SecretSink | undefined;
  try {
    requireRights(rights, steps);
    if (options.dryRun || steps.length === 0) return;
    await confirmRemovals(ctx, options, steps);
    await confirmPlan(ctx, api, steps);
    secrets = await openSink(ctx, options, steps);
    const newOrphans = await watchOrphans(api, steps);
    const [first, ...others] = await carryOut(api, steps, secrets, () => {
      applied += 1;
    });
    await warnOfUnmaintained(ctx, options, await newOrphans());
    const progress = { done: applied, total: steps.length, isCancelled: ctx.signal.aborted };
    if (first) throw stoppedAt([first, ...others], file, progress);
    await note(ctx, options, `Made ${count(applied, 'change')}.`);
  } finally {
    await secrets?.close();
    if (options.json) await printReport(ctx, steps, applied, secrets);
  }
}

/**
 * Other commands end without an error if the pipe is closed. This one fails, because it must not look as if it had made the
 * changes.
 */
async function reportingClosedOutput({ dryRun }: ApplyOptions, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (dryRun || systemCode(error) !== 'EPIPE') throw error;
    throw localError(
      'unwritable',
      'The program that reads the output has ended, so the command stopped. Run it again to see the rest of the plan.',
      error,
    );
  }
}

async function confirmRemovals(ctx: Context, options: ApplyOptions, steps: readonly Step[]): Promise<void> {
  const removals = steps.filter(({ action }) => action === 'remove');
  if (removals.length === 0) return;
  // The person must see the plan before they answer, and --json keeps it from stdout.
  if (options.json && !options.yes) {
    const { printPlan } = await import('../../organization/plan/print-plan.ts');
    await printPlan(ctx, options, steps, ctx.stderr);
  }
  const question = `Remove ${count(removals.length, 'object')} that the file does not list? Members are disabled, everything else is deleted.`;
  await confirmOrCancel(ctx, options.yes, question);
}

/** Opens the place for new secrets, before anything is created. */
async function openSink(ctx: Context, options: ApplyOptions, steps: readonly Step[]): Promise<SecretSink> {
  const createsSecrets = steps.some(({ action, section }) => action === 'create' && section.rotation !== undefined);
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
