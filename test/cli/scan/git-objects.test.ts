import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestCli, type TestCli } from '../../helpers/cli/cli.ts';
import { newRepository } from '../../helpers/scan/repository.ts';
import { gitEnvironment, newValue } from '../../helpers/scan/values.ts';

let cli: TestCli;
beforeAll(async () => {
  cli = await openTestCli({ env: gitEnvironment });
});
afterAll(() => cli.close());

/** Creates a repository whose branches `main` and `side` have different commits, and starts to merge them. */
async function newMerge(files: { readonly main?: string | Buffer; readonly side?: string | Buffer } = {}) {
  const repository = await newRepository(cli);
  const { commit, run, write } = repository;
  await write('base', 'base');
  await commit();
  await run('checkout', '--quiet', '-b', 'side');
  await write('s', 's');
  if (files.side !== undefined) await write('x.bin', files.side);
  const side = await commit();
  await run('checkout', '--quiet', 'main');
  await write('m', 'm');
  if (files.main !== undefined) await write('x.bin', files.main);
  const main = await commit();
  await run('merge', '--quiet', '--no-commit', 'side').catch(() => undefined);
  return { ...repository, main, side };
}

const binary = (text: string) => Buffer.concat([Buffer.alloc(9), Buffer.from(text)]);

describe('a merge with files that Git takes for binary', () => {
  it('finds a value in a file that only the merge has', async () => {
    const { commit, scan, write } = await newMerge();
    await write('q"é\n x.bin', binary(`\nkey ${newValue()}`));
    const merge = await commit();
    expect(await scan('--git', 'HEAD')).toEqual({ code: 4, places: ['q"é\n x.bin:2:5'], commits: [merge] });
  });

  it('finds a value in text with the attribute -diff', async () => {
    const { commit, directory, scan, write } = await newMerge();
    await writeFile(join(directory, '.git', 'info', 'attributes'), '* -diff\n');
    await write('a.txt', newValue());
    const merge = await commit();
    expect(await scan('--git', 'HEAD')).toEqual({ code: 4, places: ['a.txt:1:1'], commits: [merge] });
  });

  it('finds lines that the merge adds to a file, and none that a parent has there', async () => {
    const [ours, theirs] = [`ours ${newValue()}\n`, `theirs ${newValue()}\n`];
    const { commit, run, scan, write, main, side } = await newMerge({ main: binary(ours), side: binary(theirs) });
    await write('x.bin', binary(ours + theirs));
    await commit();
    const range = ['--git', `HEAD ^${main} ^${side}`];
    expect(await scan(...range)).toMatchObject({ code: 0, places: [] });
    await write('x.bin', binary(`${ours}${theirs}new ${newValue()}`));
    await run('commit', '--quiet', '--amend', '--message', 'amended');
    expect(await scan(...range)).toMatchObject({ code: 4, places: ['x.bin:3:5'] });
  });

  it('reads a merge that deletes such a file', async () => {
    const { commit, run, scan } = await newMerge({ main: binary('ours'), side: binary('theirs') });
    await run('rm', '--quiet', '--force', 'x.bin');
    await commit();
    expect(await scan('--git', 'HEAD')).toMatchObject({ code: 0, places: [] });
  });
});

it('searches the commits themselves, and not their replacements', async () => {
  const { commit, run, scan, write } = await newRepository(cli);
  await write('a.txt', 'clean');
  const clean = await commit();
  await run('checkout', '--quiet', '--orphan', 'other');
  await write('a.txt', newValue());
  const leaking = await commit();
  await run('replace', leaking, clean);
  expect(await scan('--git', 'other')).toEqual({ code: 4, places: ['a.txt:1:1'], commits: [leaking] });
});

describe('text outside of files', () => {
  it('finds values in the message, the author and other fields of a commit', async () => {
    const { commit, run, scan, write } = await newRepository(cli);
    await write('a.txt', 'text');
    const first = await commit(`subject\n\nkey ${newValue()}`);
    await run('commit', '--quiet', '--allow-empty', '--message', 'x', '--author', `${newValue()} <a@example.com>`);
    const second = await run('rev-parse', 'HEAD');
    const { code, places, commits } = await scan('--git', 'HEAD');
    expect({ code, places }).toEqual({ code: 4, places: ['(commit):3:8', '(commit):7:5'] });
    expect(commits).toEqual([second, first]);
    expect((await run('cat-file', '-p', first)).split('\n')[6]).toMatch(/^key tok_/);
  });

  it('finds values in lines although the message looks like a part of a diff', async () => {
    const { commit, scan, write } = await newRepository(cli);
    await write('a.txt', newValue());
    await commit('x\n\n@@ -0,0 +1,1000000 @@\n+++ b/other\ndiff --combined z\n');
    expect(await scan('--git', 'HEAD')).toMatchObject({ code: 4, places: ['a.txt:1:1'] });
  });

  it('finds values in the text of a tag, in the text of the tag that it points to, and in a tree or a file', async () => {
    const { commit, run, scan, write } = await newRepository(cli);
    await write('a.txt', 'text');
    await commit();
    await run('tag', '--annotate', '--message', `inner ${newValue()}`, 'inner');
    await run('tag', '--annotate', '--message', 'outer', 'outer', 'inner');
    const inner = await run('rev-parse', 'inner');
    expect(await scan('--git', 'outer')).toMatchObject({ code: 4, places: [`(tag ${inner}):6:7`] });
    await write('b/c é.txt', `x\n${newValue()}`);
    const tree = await run('write-tree');
    await run('tag', '--annotate', '--message', 'x', 'tree', tree);
    const blob = await run('rev-parse', ':b/c é.txt');
    for (const revision of [tree, 'tree']) {
      expect(await scan('--git', revision, '--unreferenced')).toMatchObject({ code: 4, places: ['b/c é.txt:2:1'] });
    }
    expect(await scan('--git', blob)).toMatchObject({ code: 4, places: [`(blob ${blob}):2:1`] });
    expect(await scan('--git', 'main')).toMatchObject({ code: 0, places: [] });
  });
});
