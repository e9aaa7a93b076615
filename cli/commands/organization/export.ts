import type { Command } from 'commander';
import type { Organization } from '../../../shared/schemas/organization/organization.ts';
import { organizationSchemaPath } from '../../../shared/schemas/organization/schema-path.ts';
import { sectionNames, sections } from '../../../shared/schemas/organization/sections.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { formatOrganizationFile, writeOrganizationFile } from '../../organization/file/write-file.ts';
import type { State } from '../../organization/plan/plan.ts';
import { readState } from '../../organization/read-state.ts';
import { readableSections, readRights } from '../../organization/rights.ts';
import { allSections } from '../../organization/sections/all.ts';
import { connect } from '../../session/connect.ts';
import { note, warn } from '../../ui/notes.ts';

interface ExportOptions extends GlobalOptions {
  file?: string;
}

export function defineExport(command: Command, ctx: Context): void {
  command
    .description(
      'Print the organization as a YAML file, or as JSON with --json. `tokens apply` accepts this file, and changes nothing. It contains no secrets.',
    )
    .option('-f, --file <path>', 'Write to this file, and replace it. Use - for standard output')
    .addHelpText('after', '\nExample:\n  $ tokens export -f organization.yaml')
    .action((_options, command: Command) => runExport(ctx, command.optsWithGlobals()));
}

async function runExport(ctx: Context, options: ExportOptions): Promise<void> {
  const connection = await connect(ctx, options);
  const readable = readableSections(await readRights(connection), allSections);
  const organization = organizationOf(await readState(connection.api, readable));
  const left = allSections.filter((section) => !readable.includes(section)).map(({ name }) => name);
  if (left.length > 0) await warn(ctx, options, `The management key lacks the scopes to read ${left.join(', ')}.`);
  const schemaUrl = `${connection.server.url}${organizationSchemaPath}`;
  const text = await format(options, organization, schemaUrl);
  if (options.file === undefined || options.file === '-') return ctx.stdout.write(text);
  await writeOrganizationFile(options.file, text, ctx.uuid);
  await note(ctx, options, `Wrote ${options.file}.`);
}

/** Returns the file that declares this state. Objects are sorted by name, so that two exports are easy to compare. */
function organizationOf(state: State): Organization {
  const lists = new Map(
    [...state].map(([section, objects]) => {
      const { key } = sections[section.name];
      const fields = objects.map((object) => object.fields);
      return [section.name, fields.sort((one, other) => (String(one[key]) < String(other[key]) ? -1 : 1))];
    }),
  );
  const inOrder = sectionNames.filter((name) => lists.has(name)).map((name) => [name, lists.get(name)]);
  return Object.fromEntries(inOrder);
}

async function format({ json }: ExportOptions, organization: Organization, $schema: string): Promise<string> {
  if (!json) {
    return formatOrganizationFile(organization, $schema);
  }
  const { toJson } = await import('../../ui/json.ts');
  return `${toJson({ $schema, ...organization }, 2)}\n`;
}
