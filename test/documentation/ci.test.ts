import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const commands = readFileSync('.ci/run', 'utf8')
  .split('\n')
  .filter((line) => !line.startsWith('#'));

describe('the continuous integration', () => {
  it('runs the tests of the parts that depend on Node.js on the versions that npm ships', () => {
    const runs = commands.filter((line) => line.startsWith('node scripts/test-node-versions.mjs '));
    const argumentsOf = runs.map((line) => line.split(' ').slice(2).join(' '));
    expect(argumentsOf.sort()).toEqual([
      '--project e2e 20',
      '--project e2e 22',
      '--project engines 20',
      '--project unit 20',
      '24',
    ]);
    // On the Node.js of the machine, these would be tests of an unknown version.
    expect(commands.join('\n')).not.toMatch(/vitest run --project (?:unit|engines|e2e)/);
  });
});
