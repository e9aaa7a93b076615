import type { Organization } from '../../../shared/schemas/organization/organization.ts';
import { sections } from '../../../shared/schemas/organization/sections.ts';
import type { Fields, Present, Section } from '../sections/section.ts';
import { differences } from './differences.ts';
import { orderSteps } from './order.ts';
import type { Step } from './step.ts';

/** The objects on the server, by section. Every section of the file is present. */
export type State = ReadonlyMap<Section, readonly Present[]>;

/**
 * Returns the steps from `state` to what the file declares, in the order in which they work. Removes objects only with `prune`.
 */
export function planSteps(state: State, file: Organization, { prune }: { prune: boolean }): Step[] {
  const steps = [...state].flatMap(([section, present]) =>
    planSection(section, present, file[section.name] ?? [], prune),
  );
  return orderSteps(steps, [...state.keys()]);
}

function planSection(section: Section, present: readonly Present[], wanted: readonly Fields[], prune: boolean): Step[] {
  const { key } = sections[section.name];
  const identityOf = identityIn(section);
  const byIdentity = new Map(present.map((object) => [identityOf(object.fields), object]));
  const listed = new Set(wanted.map(identityOf));
  const steps = wanted.flatMap((fields, place): Step[] => {
    const object = byIdentity.get(identityOf(fields)) ?? null;
    const { [key]: name, ...others } = fields;
    const different = differences(section, object?.fields ?? {}, others);
    const step = { section, place, name: String(name), present: object, fields: different };
    if (object === null) return [{ ...step, action: 'create', wanted: fields }];
    if (different.length === 0) return [];
    const changed = Object.fromEntries(different.map(({ field }) => [field, fields[field]]));
    return [{ ...step, action: 'change', wanted: changed }];
  });
  const removed = prune ? present.filter((object) => !listed.has(identityOf(object.fields))) : [];
  return [...steps, ...removed.flatMap((object) => removal(section, object))];
}

/** Returns the step that removes an object. Returns none for a member, who is disabled instead, if they are disabled already. */
function removal(section: Section, object: Present): Step[] {
  const { insteadOfDeletion } = section;
  const fields = insteadOfDeletion ? differences(section, object.fields, insteadOfDeletion) : [];
  if (insteadOfDeletion && fields.length === 0) return [];
  const name = String(object.fields[sections[section.name].key]);
  return [{ section, place: null, action: 'remove', name, present: object, wanted: insteadOfDeletion ?? {}, fields }];
}

function identityIn({ name }: Section): (fields: Fields) => string {
  const { key, identify } = sections[name];
  return (fields) => identify(String(fields[key]));
}
