import { limits } from '../../../shared/limits.ts';
import type { Store } from '../../store/store.ts';
import { createBatchedLookup } from '../tokens/batched-lookup.ts';

type NameStore = Pick<Store, 'maxParallelLookups'> & { apps: Pick<Store['apps'], 'namesOf'> };

/**
 * Creates a lookup of the names of apps by their IDs that shares statements with others, because introspection looks up the apps of each
 * token with rules.
 */
export function createAppNames({ apps, maxParallelLookups }: NameStore): Pick<Store['apps'], 'namesOf'> {
  const lookUp = createBatchedLookup<string>(
    async (ids) => {
      const names = await apps.namesOf([...new Set(ids)]);
      return ids.map((id) => names.get(id) ?? null);
    },
    { deadlineMs: limits.lookupDeadlineMs, maxParallel: maxParallelLookups },
  );
  return {
    async namesOf(ids) {
      const names = new Map<string, string>();
      const found = await Promise.all(ids.map(lookUp));
      ids.forEach((id, index) => {
        const name = found[index] ?? null;
        if (name !== null) names.set(id, name);
      });
      return names;
    },
  };
}
