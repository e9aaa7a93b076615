import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openTestCli, type TestCli } from '../../helpers/cli/cli.ts';
import { tarOf, zipOf } from '../../helpers/scan/archives.ts';
import { git, newDirectory, newValue } from '../../helpers/scan/values.ts';

let cli: TestCli;
beforeAll(async () => {
  cli = await openTestCli();
});
afterAll(() => cli.close());

const scan = (...args: string[]) => cli.run(['scan', '--offline', ...args]);
const placesOf = (stdout: string) => stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0]]));

/** Text that would colour a terminal, set its title and forge a line of output. */
const escapes = '\u001b[31mred\u001b]0;title\u0007\u009b1m\nforged:1:1\u202e';

describe('tokens scan in a hostile tree', () => {
  it('reads no pipe, socket or device, and follows no loop of links', async () => {
    const directory = await newDirectory();
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    const server = createServer().listen(join(directory, 'socket'));
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    await symlink('/dev/zero', join(directory, 'device'));
    await symlink('.', join(directory, 'loop'));
    await symlink('..', join(directory, 'parent'));
    await symlink('self', join(directory, 'self'));
    await writeFile(join(directory, 'z'), newValue());
    expect(placesOf((await scan(directory, '--no-ignore')).stdout)).toEqual([`${directory}/z:1:1`]);
  });

  it('finds a value as deep as a path can be, and warns about deeper entries', async () => {
    const directory = await newDirectory();
    const name = 'd'.repeat(200);
    const deep = join(directory, ...Array.from({ length: 19 }, () => name));
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, 'key'), newValue());
    // Only relative paths lead deeper. Node cannot remove what is there.
    const deeper = `for (const name of Array(3).fill('${name}')) { fs.mkdirSync(name); process.chdir(name); }`;
    execFileSync(process.execPath, ['-e', deeper], { cwd: deep });
    onTestFinished(() => void execFileSync('rm', ['-rf', join(directory, name)]));
    const { stdout, stderr } = await scan(directory);
    expect(placesOf(stdout)).toEqual([`${deep}/key:1:1`]);
    expect(stderr).toMatch(/^warning: .* cannot be read \(ENAMETOOLONG\)\.$/m);
  });

  it('finds a value in files and directories whose names are not UTF-8', async () => {
    const directory = await newDirectory();
    const odd = Buffer.concat([Buffer.from(`${directory}/caf`), Buffer.from([0xe9])]);
    mkdirSync(odd);
    const below = (name: Buffer) => Buffer.concat([odd, Buffer.from('/'), name]);
    writeFileSync(below(Buffer.from([0xff, 0xfe])), newValue());
    writeFileSync(below(Buffer.from('plain')), newValue());
    linkSync(below(Buffer.from('plain')), join(directory, '\ufffd'));
    writeFileSync(Buffer.concat([odd, Buffer.from('.txt')]), newValue());
    const { stdout, stderr } = await scan(directory);
    expect(placesOf(stdout).sort()).toEqual(
      ['caf\ufffd.txt', 'caf\ufffd/plain', 'caf\ufffd/\ufffd\ufffd', '\ufffd']
        .map((name) => `${directory}/${name}:1:1`)
        .sort(),
    );
    expect(stderr).not.toContain('warning');
  });

  it('prints no escape sequence and no line break of a name, in findings and warnings, on a terminal or not', async () => {
    const directory = await newDirectory();
    await writeFile(join(directory, escapes), newValue());
    await writeFile(join(directory, 'a.tar'), await tarOf({ [`x${escapes}`]: newValue() }));
    await writeFile(join(directory, 'b.zip'), zipOf({ [escapes]: 'x' }, 1));
    const forbidden = ['\u001b[31mred', '\u001b]', '\u009b', '\u0007', '\nforged'];
    for (const [args, more] of [
      [[], ['\u202e']],
      // JSON holds the true name. A terminal acts on no character of it.
      [['--json'], []],
    ] as const) {
      for (const terminal of [{ columns: 80, stderrIsTTY: true }, {}]) {
        const { stdout, stderr } = await cli.run(['scan', directory, '--offline', ...args], terminal);
        expect(stdout.match(/valid-shape/g)).toHaveLength(2);
        expect(stderr).toContain('is encrypted');
        expect([...forbidden, ...more].filter((text) => (stdout + stderr).includes(text))).toEqual([]);
      }
    }
  });

  it('names members of archives exactly as the archive does', async () => {
    const directory = await newDirectory();
    const value = newValue();
    const names = [
      '/etc/passwd',
      '../../up',
      './here',
      'with space',
      `${value}.txt`,
      'ü'.repeat(120),
      'C:\\key',
      '-rf',
    ];
    await writeFile(join(directory, 'a.tar'), await tarOf(Object.fromEntries(names.map((name) => [name, newValue()]))));
    const { stdout } = await scan(directory);
    // A name that is a value is found as well.
    expect(placesOf(stdout).filter((place) => place?.includes('!'))).toEqual(
      names.map((name) => `${directory}/a.tar!${name.replace(value, `${value.slice(0, 12)}[redacted]`)}:1:1`),
    );
    expect(placesOf(stdout).slice(names.length)).toEqual([expect.stringMatching(/a\.tar:1:\d+$/)]);
  });

  it('waits for the writer of a named pipe that the user names, until it is told to stop', async () => {
    const directory = await newDirectory();
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect((await cli.run(['scan', pipe, '--offline'], { signal: AbortSignal.timeout(100) })).code).toBe(130);
    const scanned = scan(pipe);
    spawn('sh', ['-c', `printf 'first\\n%s' ${newValue()} > ${pipe}`]);
    expect(placesOf((await scanned).stdout)).toEqual([`${pipe}:2:1`]);
  });
});

it('leaves out exactly what Git leaves out', async () => {
  const directory = await newDirectory();
  await git(directory, ['init', '--quiet']);
  const rules = {
    '.gitignore': ['*.log', 'Build', '/top', 'a/**/z', '!keep.log', 'dir/', '# no', '\\#yes', 'sp\\ ace', '[ab].x', ''],
    'sub/.gitignore': ['!a.log', '/top', '**/deep'],
    'a/b/.gitignore': ['*', '!.gitignore', '!w'],
    'dir/.gitignore': ['!*'],
  };
  const files = [
    ...['a.log', 'keep.log', 'build', 'Build', 'top', 'sub/top', 'sub/a.log', 'sub/b.log', 'sub/x/deep', 'sub/x/top'],
    ...['a/z', 'a/b/z', 'a/b/w', 'a/b/v', 'a/c/z/y', 'dir/file', 'x/dir/file', 'x/dirr', '#yes', '# no', 'sp ace'],
    ...['a.x', 'c.x', 'x/Build/f', 'x/build/f', '..odd', '...'],
  ];
  for (const [name, content] of [
    ...Object.entries(rules).map(([name, lines]) => [name, [...lines, `# ${newValue()}`].join('\n')] as const),
    ...files.map((name) => [name, newValue()] as const),
  ]) {
    await mkdir(join(directory, name, '..'), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  const inGit = (await git(directory, ['ls-files', '-z', '--others', '--exclude-standard'])).split('\0');
  for (const from of ['', 'sub', 'a/b', 'x']) {
    const { stdout } = await scan(join(directory, from));
    const found = placesOf(stdout).map((place) => place?.slice(directory.length + 1).replace(/:\d+:\d+$/, ''));
    expect(found.sort()).toEqual(inGit.filter((name) => name !== '' && name.startsWith(from && `${from}/`)).sort());
  }
});
