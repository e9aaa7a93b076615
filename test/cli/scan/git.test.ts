import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestCli, type TestCli } from '../../helpers/cli/cli.ts';
import { newRepository as newRepositoryFor } from '../../helpers/scan/repository.ts';
import { gitEnvironment, newValue } from '../../helpers/scan/values.ts';

let cli: TestCli;
beforeAll(async () => {
  cli = await openTestCli({ env: gitEnvironment });
});
afterAll(() => cli.close());

const newRepository = () => newRepositoryFor(cli);

const filler = 'nothing\n'.repeat(20);

it('finds values in added lines, with their place in the file of the commit, and not in others', async () => {
  const repository = await newRepository();
  const value = newValue();
  await repository.write('a.txt', `${filler}key ${value}\n${filler}`);
  const first = await repository.commit();
  await repository.write('a.txt', `new\n${filler}key ${value}\nnext ${newValue()}\n${filler}`);
  const second = await repository.commit();
  await repository.write('a.txt', filler);
  await repository.commit();
  const change = await repository.scan('--git', `${first}..${second}`);
  expect(change).toEqual({ code: 4, places: ['a.txt:23:6'], commits: [second] });
  const removal = await repository.scan('--git', `${second}..HEAD`);
  expect(removal).toEqual({ code: 0, places: [], commits: [] });
  const all = await repository.scan('--git', 'HEAD');
  expect(all).toEqual({ code: 4, places: ['a.txt:23:6', 'a.txt:21:5'], commits: [second, first] });
  // Several revisions, as in a range with an exclusion.
  expect(await repository.scan('--git', `HEAD ^${first}`)).toEqual(change);
});

it('finds lines that a merge adds, and none that it takes from a parent', async () => {
  const repository = await newRepository();
  await repository.write('a.txt', 'base\n');
  await repository.commit();
  await repository.run('checkout', '--quiet', '-b', 'side');
  const merged = `side ${newValue()}`;
  await repository.write('a.txt', `base\n${merged}\n`);
  const side = await repository.commit();
  await repository.run('checkout', '--quiet', 'main');
  await repository.write('a.txt', 'main\nbase\n');
  const main = await repository.commit();
  await repository.run('merge', '--quiet', '--no-commit', 'side').catch(() => undefined);
  await repository.write('a.txt', `main\nbase\n${merged}\nevil ${newValue()}\n`);
  await repository.commit('merge');
  const { places } = await repository.scan('--git', `HEAD ^${side} ^${main}`);
  expect(places).toEqual(['a.txt:4:6']);
});

it('reads names and lines that look like the syntax of a diff', async () => {
  const repository = await newRepository();
  const content = (value: string) => `++ b/other.txt\n-- a/x\n@@ -1 +1 @@\ncommit ${'a'.repeat(40)}\n++ ${value}`;
  await repository.write('a b.txt', content(newValue()));
  await repository.write('q"uo\tté\n.txt', `\\ No newline ${newValue()}`);
  await repository.write('b/b.txt', `x\n\n\n${newValue()}`);
  await repository.commit();
  await repository.write('a b.txt', `${content('gone')}\n${newValue()}`);
  await repository.commit();
  const { places } = await repository.scan('--git', 'HEAD');
  expect(places.sort()).toEqual(['a b.txt:5:4', 'a b.txt:6:1', 'b/b.txt:4:1', 'q"uo\tté\n.txt:1:14'].sort());
});

it('finds values in binary files, in UTF-16 and in lines that are longer than a chunk', async () => {
  const repository = await newRepository();
  await repository.write('x.bin', Buffer.concat([Buffer.alloc(100), Buffer.from(`N${newValue()}z`), Buffer.alloc(9)]));
  await repository.write('le.txt', Buffer.from(`a\nb ${newValue()}\n`, 'utf16le'));
  await repository.write('min.js', `${'x'.repeat(3_000_000)};${newValue()}`);
  await repository.commit();
  const { places } = await repository.scan('--git', 'HEAD');
  expect(places).toEqual(['le.txt:2:5', 'min.js:1:3000002', 'x.bin:1:102']);
});

it('finds the same with every configuration of Git', async () => {
  const repository = await newRepository();
  const ran = join(repository.directory, '..', `${Date.now()}-ran`);
  for (const [name, value] of [
    ['color.ui', 'always'],
    ['diff.noprefix', 'true'],
    ['diff.mnemonicPrefix', 'true'],
    ['diff.external', `touch ${ran}`],
    ['diff.relative', 'true'],
    ['diff.context', '9'],
    ['diff.interHunkContext', '9'],
    ['diff.renames', 'copies'],
    ['log.showRoot', 'false'],
    ['log.showSignature', 'true'],
    ['log.diffMerges', 'off'],
    ['format.pretty', 'oneline'],
    ['core.quotePath', 'true'],
    ['diff.hide.textconv', `touch ${ran}; true`],
    ['diff.hide.command', `touch ${ran}; true`],
  ] as const) {
    await repository.run('config', name, value);
  }
  await repository.write('.gitattributes', '*.bin -diff\n*.txt diff=hide\n');
  await repository.write('é.txt', newValue());
  await repository.write('a.bin', newValue());
  await repository.commit();
  await repository.run('mv', 'é.txt', 'moved.txt');
  expect((await repository.scan('--staged')).places).toEqual(['moved.txt:1:1']);
  expect((await repository.scan('--git', 'HEAD')).places).toEqual(['a.bin:1:1', 'é.txt:1:1']);
  await expect(rm(ran)).rejects.toThrow('ENOENT');
});

it('searches staged changes, before the first commit and after it, and nothing that is not staged', async () => {
  const repository = await newRepository();
  await repository.write('a.txt', `one\n${newValue()}\n`);
  expect(await repository.scan('--staged')).toMatchObject({ code: 4, places: ['a.txt:2:1'], commits: [undefined] });
  await repository.commit();
  expect(await repository.scan('--staged')).toMatchObject({ code: 0, places: [] });
  await writeFile(join(repository.directory, 'a.txt'), `one\n${newValue()}\n`);
  expect(await repository.scan('--staged')).toMatchObject({ code: 0, places: [] });
});

it('leaves out commits of a branch or tag with --unreferenced', async () => {
  const repository = await newRepository();
  await repository.write('a.txt', newValue());
  await repository.commit();
  await repository.run('checkout', '--quiet', '--detach');
  await repository.write('b.txt', newValue());
  const loose = await repository.commit();
  await repository.run('checkout', '--quiet', 'main');
  expect((await repository.scan('--git', loose)).places).toHaveLength(2);
  expect(await repository.scan('--git', loose, '--unreferenced')).toMatchObject({ places: ['b.txt:1:1'] });
  await repository.run('tag', 'v1', loose);
  expect(await repository.scan('--git', loose, '--unreferenced')).toMatchObject({ code: 0, places: [] });
});

it('rejects a range that Git would take for an option, and reports what Git says about others', async () => {
  const repository = await newRepository();
  await repository.write('a.txt', newValue());
  await repository.commit();
  const written = join(repository.directory, 'written');
  for (const range of [`--output=${written}`, `HEAD --output=${written}`, '-1', '--all', '', ' ']) {
    const { code, stdout } = await cli.run(['scan', `--git=${range}`], { env: repository.env });
    expect({ range, code, stdout }).toEqual({ range, code: 2, stdout: '' });
  }
  await expect(rm(written)).rejects.toThrow('ENOENT');
  for (const range of ['nope', 'HEAD..nope', '$(touch x)', 'a.txt', `HEAD:a.txt;touch ${written}`]) {
    const { code, stderr } = await cli.run(['scan', '--offline', '--git', range], { env: repository.env });
    expect({ range, code }).toEqual({ range, code: 2 });
    expect(stderr).toMatch(/^error: Git cannot list the lines: .+\. Check the range and the repository\.\n$/);
  }
  const outside = await cli.run(['scan', '--offline', '--staged'], { env: { ...gitEnvironment, GIT_DIR: '/' } });
  expect(outside.code).toBe(2);
  const without = await cli.run(['scan', '--offline', '--staged'], { env: { PATH: '/nonexistent' } });
  expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no command git') });
});
