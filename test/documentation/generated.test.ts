import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exitCodes } from '../../cli/help/exit-codes.ts';
import { createProgram as createTokens } from '../../cli/program.ts';
import type { ApiDescription } from '../../scripts/docs/api-reference.ts';
import { generatedPages } from '../../scripts/docs/pages.ts';
import { createProgram as createTokensd } from '../../server/program.ts';
import { problems } from '../../shared/problems.ts';
import { jsonOf, openTestApp } from '../helpers/app/app.ts';
import { bareContext } from '../helpers/cli/cli.ts';

const root = join(import.meta.dirname, '../..');

// `npm run docs:generate` runs these tests with `-u`, which writes the pages instead of comparing them.
describe('the generated documentation', () => {
  it('matches the code', async () => {
    const app = await openTestApp();
    onTestFinished(app.close);
    const pages = generatedPages({
      root,
      tokens: await createTokens(bareContext(), { out: '', err: '' }),
      tokensd: createTokensd(daemonContext(), '0.0.0', () => {}),
      api: await jsonOf<ApiDescription>(app.ask('/openapi.json')),
    });
    expect(pages.length).toBeGreaterThan(6);
    for (const { path, content } of pages) await expect(content).toMatchFileSnapshot(join(root, path));
  });

  it('explains every exit code that a problem has', () => {
    const used = new Set<number>(Object.values(problems).map(({ exit }) => exit));
    expect(new Set(Object.keys(exitCodes).map(Number))).toEqual(used.add(0));
  });
});

function daemonContext(): Parameters<typeof createTokensd>[0] {
  return {
    env: {},
    stdin: new PassThrough(),
    stdout: { write: async () => {} },
    stderr: new PassThrough(),
    pid: 1,
    uid: process.geteuid?.() ?? 0,
    programName: 'tokensd',
    onStopSignal: () => {},
    onReopenSignal: () => {},
    exitNow: () => {},
    withUmask: (_mask, work) => work(),
  };
}
