import { sections } from '../../../shared/schemas/organization/sections.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { OrganizationFile } from '../file/read-file.ts';
import { allSections } from '../sections/all.ts';
import type { Section } from '../sections/section.ts';
import type { Step } from './step.ts';

/**
 * Checks what depends on the state of the server: that the file describes new objects completely, and names nothing that the plan removes.
 * @throws CliError `invalid-file` with every mistake and its position
 */
export function checkPlan(file: OrganizationFile, steps: readonly Step[]): void {
  const mistakes = [...missingFields(file, steps), ...removedReferences(file, steps)];
  if (mistakes.length > 0) throw file.invalid(mistakes);
}

function missingFields({ mistakeAt }: OrganizationFile, steps: readonly Step[]): string[] {
  return steps.flatMap(({ section, action, place, wanted }) => {
    if (action !== 'create' || place === null) return [];
    const { kind } = sections[section.name];
    const missing = (section.requiredToCreate ?? []).filter((field) => wanted[field] === undefined);
    return missing.map((field) => mistakeAt([section.name, place, field], ` is required for a new ${words(kind)}.`));
  });
}

/** The next run would otherwise fail, because it could not find the object that the file names. */
function removedReferences({ organization, mistakeAt }: OrganizationFile, steps: readonly Step[]): string[] {
  const removed = new Set(
    steps.filter(({ action }) => action === 'remove').map(({ section, name }) => nameIn(section.name, name)),
  );
  return allSections.flatMap(({ name: sectionName, references = {} }) =>
    (organization[sectionName] ?? []).flatMap((fields: Readonly<Record<string, unknown>>, place) =>
      Object.entries(references).flatMap(([field, target]) => {
        const named = [fields[field]].flat().filter((name) => removed.has(nameIn(target, name)));
        const { kind } = sections[target];
        return named.map((name) =>
          mistakeAt(
            [sectionName, place, field],
            ` names the ${words(kind)} ${sanitize(String(name))}, which --prune would remove. Add it to ${target}.`,
          ),
        );
      }),
    ),
  );
}

function nameIn(section: Section['name'], name: unknown): string {
  return `${section} ${String(name)}`;
}

function words(kind: string): string {
  return kind.replace('_', ' ');
}
