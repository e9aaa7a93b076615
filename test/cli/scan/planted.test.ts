import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestCli, type TestCli } from '../../helpers/cli/cli.ts';
import { tarOf, zipOf } from '../../helpers/scan/archives.ts';
import { git, gitEnvironment, nearMisses, newDirectory, newValue } from '../../helpers/scan/values.ts';

let cli: TestCli;
beforeAll(async () => {
  cli = await openTestCli({ stderrIsTTY: true, env: { ...gitEnvironment, NO_COLOR: '1' } });
});
afterAll(() => cli.close());

const fileCount = 10_000;

/** A file of the size that a bundler writes on one line, with a value near its end. */
const minified = (value: string) => `!function(){${'var a="b";'.repeat(500_000)}var k="${value}"}();`;

const swapped = (text: string) => Buffer.from(text, 'utf16le').swap16();

/** A constant in compiled Python: its length before it, and the next constant right behind it. */
const pyc = (value: string) =>
  Buffer.concat([
    Buffer.from('a70d0d0a000000000000000000000000e3', 'hex'),
    Buffer.from([0xfa, value.length]),
    Buffer.from(`${value}N)`),
  ]);

/** Where each value is planted, with the place that the scan prints. */
const plants: Record<string, (value: string) => string | Buffer | Promise<Buffer>> = {
  'src/app.ts:2:12': (value) => `// app\nconst key='${value}';\n`,
  '.env:1:7': (value) => `TOKEN=${value}\n`,
  'lib/__pycache__/key.cpython-311.pyc:2:16': pyc,
  'dist/min.js:1:5000020': minified,
  'docs/le.txt:2:9': (value) => Buffer.from(`notes\nkey ${value}\n`, 'utf16le'),
  'docs/be.txt:2:9': (value) => swapped(`notes\nkey ${value}\n`),
  'release.zip!config/app.yaml:1:6': (value) => zipOf({ 'readme.md': 'x', 'config/app.yaml': `key: ${value}\n` }),
  'backup.tar.gz!etc/key:1:1': async (value) => gzipSync(await tarOf({ 'etc/hosts': 'x', 'etc/key': value })),
  'access.log.gz!access.log:3:9': (value) => gzipSync(`a\nb\nheader: ${value}\nc\n`),
  'bin/program:1:262130': (value) => Buffer.concat([Buffer.alloc(262_129, 0x90), Buffer.from(value), Buffer.alloc(9)]),
  'data.json:1:9': (value) => `{"a":"\\n${value}\\t"}`,
};

async function write(directory: string, path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), content);
}

/** Writes files of source text, with a near miss in each. */
function writeNearMisses(directory: string): void {
  for (const [index, miss] of nearMisses(fileCount).entries()) {
    const parent = join(directory, 'near', String(index % 100));
    if (index < 100) mkdirSync(parent, { recursive: true });
    writeFileSync(join(parent, `file-${index}.js`), `// stok_ tok_ _tok_\nconst key = "${miss}";\n`);
  }
}

it('finds the 12 values in a repository of 10,000 files with 10,000 near misses, and prints none', async () => {
  const directory = await newDirectory();
  await git(directory, ['init', '--quiet', '--initial-branch=main']);
  writeNearMisses(directory);
  const values: string[] = [];
  const plant = () => {
    const value = newValue();
    values.push(value);
    return value;
  };
  for (const [place, content] of Object.entries(plants)) {
    await write(directory, place.replace(/[!:].*/, ''), await content(plant()));
  }
  // The twelfth is in the history only.
  await write(directory, 'old.conf', `[api]\nkey = ${plant()}\n`);
  await git(directory, ['add', '--all']);
  await git(directory, ['commit', '--quiet', '--message', 'add everything']);
  await rm(join(directory, 'old.conf'));
  await git(directory, ['commit', '--quiet', '--all', '--message', 'remove the key']);

  const tree = await cli.run(['scan', directory, '--offline']);
  const history = await cli.run(['scan', '--git', 'HEAD', '--offline'], {
    env: { ...gitEnvironment, GIT_DIR: join(directory, '.git') },
  });
  expect([tree.code, history.code]).toEqual([4, 4]);
  const lines = tree.stdout.trimEnd().split('\n');
  const places = lines.map((line) => line.split('\t')[0]?.slice(directory.length + 1));
  expect(places.sort()).toEqual(Object.keys(plants).sort());
  const inHistory = history.stdout.trimEnd().split('\n');
  expect(inHistory.filter((line) => line.startsWith('old.conf:2:7\t'))).toHaveLength(1);
  // Everything else in the history is in the tree as well, and no near miss is among it.
  expect(inHistory.filter((line) => line.startsWith('near/'))).toEqual([]);
  for (const value of values) {
    expect(`${tree.stdout}${tree.stderr}${history.stdout}${history.stderr}`).not.toContain(value.slice(0, 14));
    expect(tree.stdout + history.stdout).toContain(value.slice(0, 12));
  }
}, 120_000);
