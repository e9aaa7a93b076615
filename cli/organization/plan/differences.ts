import { foldName } from '../../../shared/names.ts';
import type { Fields, Section } from '../sections/section.ts';

/** A field that changes. `from` is null for a new object. */
export interface FieldDifference {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Returns the fields of `wanted` that `present` has otherwise. Lists are sets: neither order nor repetition counts. */
export function differences(
  { folded = [] }: Pick<Section, 'folded'>,
  present: Fields,
  wanted: Fields,
): FieldDifference[] {
  return Object.entries(wanted)
    .filter(([, to]) => to !== undefined)
    .map(([field, to]) => ({ field, from: present[field] ?? null, to }))
    .filter(({ field, from, to }) => {
      const fold = folded.includes(field) ? foldName : (text: string) => text;
      return !(field in present) || comparable(from, fold) !== comparable(to, fold);
    });
}

/** Returns a text that is the same for equal values. */
function comparable(value: unknown, fold: (text: string) => string): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map((item) => comparable(item, fold)))].sort().join()}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}:${comparable(part, fold)}`);
    return `{${fields.sort().join()}}`;
  }
  return JSON.stringify(typeof value === 'string' ? fold(value) : (value ?? null));
}
