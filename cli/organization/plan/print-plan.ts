import { count } from '../../../shared/count.ts';
import { sections } from '../../../shared/schemas/organization/sections.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { colorsFor } from '../../ui/colors.ts';
import { toJson } from '../../ui/json.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { type Step, shownName } from './step.ts';

/** A step as `--json` shows it. */
export interface ShownStep {
  readonly kind: string;
  readonly name: string;
  readonly action: Step['action'];
  readonly fields: Step['fields'];
}

export function shownStep({ section, name, action, fields }: Step): ShownStep {
  return { kind: sections[section.name].kind, name, action, fields };
}

/** Prints each step with its fields, and their number. Each object is one write, so that a long plan needs little memory. */
export async function printPlan(
  ctx: Context,
  options: GlobalOptions,
  steps: readonly Step[],
  output: Context['stdout'] = ctx.stdout,
): Promise<void> {
  const colors = colorsFor(output, ctx, options);
  const marks = { create: colors.green('+ create'), change: colors.yellow('~ change'), remove: colors.red('- remove') };
  for (const step of steps) {
    const { kind, action, fields } = shownStep(step);
    const lines = fields.map(({ field, from, to }) => {
      const value = action === 'create' ? shown(to) : `${shown(from)} → ${shown(to)}`;
      return `    ${field}: ${value}\n`;
    });
    await output.write(`${marks[action]} ${kind.replace('_', ' ')} ${shownName(step)}\n${lines.join('')}`);
  }
  const number = (wanted: Step['action']) => steps.filter(({ action }) => action === wanted).length;
  const total = `${number('create')} to create, ${number('change')} to change, ${number('remove')} to remove`;
  await output.write(steps.length === 0 ? 'Nothing to change.\n' : `${count(steps.length, 'change')}: ${total}.\n`);
}

function shown(value: unknown): string {
  return sanitize(toJson(value));
}
