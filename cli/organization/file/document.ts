/**
 * Reads and writes the file of the declared state. The build gives this module its own file, because zod and the YAML library take long
 * to load, and few commands need them. It therefore throws no `CliError`: its copy of that class would be another one.
 */
import { Document } from 'yaml';
import { type Organization, organizationSchema } from '../../../shared/schemas/organization/organization.ts';
import { sectionNames } from '../../../shared/schemas/organization/sections.ts';
import { mistakesOf, pathText } from './mistakes.ts';
import { repetitions } from './repetitions.ts';
import { type Mistake, type Path, parseYaml } from './yaml-text.ts';

export type { Mistake, Path } from './yaml-text.ts';

/** A file that was read. `organization` counts only if there are no mistakes. */
export interface ReadOrganization {
  readonly organization: Organization;
  /** In the order of their positions. */
  readonly mistakes: readonly Mistake[];
  /** Returns a mistake about the value at `path`. If the file does not have the value, its position is that of what should contain it. */
  mistakeAt(path: Path, text: string): Mistake;
}

/** Reads a YAML or JSON text, and finds all its mistakes. */
export function readOrganization(text: string): ReadOrganization {
  const yaml = parseYaml(text);
  // Without content, the schema has nothing to check.
  const mistakeAt = (path: Path, text: string) => ({
    ...yaml.position(path, 'value'),
    text: `${pathText(path)}${text}`,
  });
  if (yaml.content === undefined) return { organization: {}, mistakes: yaml.mistakes, mistakeAt };
  const { success, data, error } = organizationSchema.safeParse(yaml.content);
  const found = [...mistakesOf(error?.issues ?? [], yaml, fieldsAt), ...repetitions(yaml)];
  // The parser has misread a line that it reports, so further mistakes in that line would confuse.
  const misread = new Set(yaml.mistakes.map(({ line }) => line));
  const mistakes = [...yaml.mistakes, ...found.filter(({ line }) => !misread.has(line))];
  return {
    organization: success ? data : {},
    mistakes: mistakes.sort((one, other) => one.line - other.line || one.column - other.column),
    mistakeAt,
  };
}

/** Returns the text of a file with this state. `schemaUrl` lets editors check it. */
export function formatOrganization(organization: Organization, schemaUrl: string): string {
  // Other programs read words such as `yes` as YAML 1.1 does.
  const document = new Document(organization, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  document.commentBefore = ` yaml-language-server: $schema=${schemaUrl}`;
  return document.toString({ lineWidth: 0 });
}

/** Returns the fields of the map at `path`: sections of the file, or fields of an object. */
function fieldsAt(path: Path): readonly string[] {
  const [name] = path;
  if (path.length === 0) return sectionNames;
  const section = sectionNames.find((known) => known === name);
  return section && path.length === 2 ? Object.keys(organizationSchema.shape[section].unwrap().element.shape) : [];
}
