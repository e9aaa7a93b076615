import { expect, it } from 'vitest';
import { createAppNames } from '../../../server/domain/apps/app-names.ts';

const stored = new Map([
  ['1', 'wiki'],
  ['2', 'grafana'],
]);

it('finds the names of apps that are looked up together in few statements, and asks for each once', async () => {
  const asked: string[][] = [];
  const { namesOf } = createAppNames({
    maxParallelLookups: 1,
    apps: {
      async namesOf(ids) {
        asked.push([...ids]);
        return new Map([...stored].filter(([id]) => ids.includes(id)));
      },
    },
  });
  const found = await Promise.all(Array.from({ length: 30 }, (_, i) => namesOf(i % 2 === 0 ? ['1'] : ['2', '3', '1'])));
  for (const [index, names] of found.entries()) {
    expect(names).toEqual(index % 2 === 0 ? new Map([['1', 'wiki']]) : stored);
  }
  expect(asked).toEqual([['1'], ['2', '3', '1']]);
  expect(await namesOf([])).toEqual(new Map());
});
