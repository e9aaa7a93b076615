import { rmSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { onTerminal, openTestCli, openTestCliWithApp, type TestCli } from '../../helpers/cli/cli.ts';
import { tarOf, zipOf } from '../../helpers/scan/archives.ts';
import { newDirectory, newValue } from '../../helpers/scan/values.ts';

let cli: TestCli;
beforeAll(async () => {
  cli = await openTestCli(onTerminal);
});
afterAll(() => cli.close());

const scan = (...args: string[]) => cli.run(['scan', '--offline', ...args]);
/** What the program says if it finds nothing offline. */
const foundNone = 'Found no value with the prefix tok. If your server uses another, name it with --prefix.\n';
const placesOf = (stdout: string) => stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0]]));

/** Two megabytes in two parts. The second arrives after the time at which progress is shown. */
async function* slowInput(between?: () => void): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(1_000_000, '\n');
  between?.();
  await setTimeout(200);
  yield Buffer.alloc(1_000_000, '\n');
}

describe('tokens scan --offline', () => {
  it('prints place, prefix and status, says how many values there are, and exits with 4', async () => {
    const directory = await newDirectory();
    const value = newValue();
    await writeFile(join(directory, 'a.txt'), `first\n  ${value}\n`);
    const ran = await scan(directory);
    expect(ran).toEqual({
      code: 4,
      stdout: `${directory}/a.txt:2:3\t${value.slice(0, 12)}\tvalid-shape\n`,
      stderr: 'error: Found 1 well-formed value. Revoke or rotate the tokens, and remove the values.\n',
    });
  });

  it('prints an array with --json, which is empty if nothing is found', async () => {
    const value = newValue();
    const found = await cli.run(['scan', '-', '--offline', '--json'], { stdin: `x ${value}` });
    expect(JSON.parse(found.stdout)).toEqual([
      {
        ...{ file: '-', line: 1, column: 3, prefix: value.slice(0, 12) },
        ...{ status: 'valid-shape', name: null, owner: null },
      },
    ]);
    expect(JSON.parse(found.stderr)).toMatchObject({ code: 'value-found', status: 0 });
    const nothing = await cli.run(['scan', '-', '--offline', '--json'], { stdin: 'nothing' });
    expect(nothing).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
  });

  it('finds a value wherever chunks are divided, and every value of a long list', async () => {
    const directory = await newDirectory();
    const values = Array.from({ length: 20_000 }, () => newValue());
    await writeFile(join(directory, 'many'), values.map((value) => `${value}\n`).join(''));
    const { stdout } = await scan(directory);
    expect(placesOf(stdout)).toEqual(values.map((_, index) => `${directory}/many:${index + 1}:1`));
  });

  it('finds a value at every place around the end of the first chunk, in UTF-16 as well', async () => {
    const directory = await newDirectory();
    const [value, chunkBytes] = [newValue(), 256 * 1024];
    const wide = Buffer.from(value, 'utf16le');
    for (let back = -5; back < 200; back += 1) {
      const filler = Buffer.alloc(chunkBytes - back, '.');
      await writeFile(join(directory, `narrow${back}`), Buffer.concat([filler, Buffer.from(value)]));
      if (back % 2 === 0) await writeFile(join(directory, `wide${back}`), Buffer.concat([filler, wide]));
    }
    expect(placesOf((await scan(directory)).stdout)).toHaveLength(205 + 102);
  });

  it('finds no value whose characters other bytes than zeros divide', async () => {
    const directory = await newDirectory();
    const wide = Buffer.from(newValue(), 'utf16le');
    for (let at = 1; at < wide.length - 2; at += 2) {
      await writeFile(join(directory, `at${at}`), Buffer.from(wide).fill('x', at, at + 1));
    }
    expect(await scan(directory)).toEqual({ code: 0, stdout: '', stderr: foundNone });
  });

  it('prints findings while it searches, so that it need not remember them', async () => {
    const directory = await newDirectory();
    for (const name of ['a', 'b', 'c']) {
      const values = Array.from({ length: 1000 }, () => newValue());
      await writeFile(join(directory, name), values.join('\n'));
    }
    // The first findings are printed before the last file is opened.
    const onWrite = () => rmSync(join(directory, 'c'), { force: true });
    const { stdout } = await cli.run(['scan', directory, '--offline'], { onWrite });
    expect(placesOf(stdout)).toHaveLength(2000);
  });

  it('finds values that letters surround', async () => {
    const value = newValue();
    const { stdout } = await cli.run(['scan', '-', '--offline'], { stdin: `-u${value}:x\nfoo${value}bar` });
    expect(placesOf(stdout)).toEqual(['-:1:3', '-:2:4']);
  });

  it('searches for the given prefixes only, and rejects texts that are not prefixes', async () => {
    const stdin = `${newValue('tok')}\n${newValue('acme')}\n${newValue('acme2')}\n`;
    const other = await cli.run(['scan', '-', '--offline', '--prefix', 'acme', '--prefix', 'acme2'], { stdin });
    expect(placesOf(other.stdout)).toEqual(['-:2:1', '-:3:1']);
    expect(other.stderr).toMatch(/^error: Found well-formed values in 2 places\./);
    const none = await cli.run(['scan', '-', '--offline', '--prefix', 'abc', '--prefix', 'xyz'], { stdin });
    expect(none).toEqual({ code: 0, stdout: '', stderr: 'Found no value with the prefix abc or xyz.\n' });
    for (const prefix of ['', 'A', 'a_b', 'toolongprefix', '*']) {
      expect(await scan('-', '--prefix', prefix)).toMatchObject({ code: 2, stdout: '' });
    }
  });

  it('is a usage error for a path that does not exist, and for contradicting sources', async () => {
    for (const args of [
      [join(await newDirectory(), 'missing')],
      ['-', '/tmp'],
      ['/tmp', '--staged'],
      ['/tmp', '--git', 'HEAD'],
      ['--staged', '--git', 'HEAD'],
      ['--unreferenced'],
    ]) {
      const { code, stdout } = await scan(...args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
    }
  });

  it('never prints a value that is the name of a file', async () => {
    const directory = await newDirectory();
    const value = newValue();
    await writeFile(join(directory, `${value}.txt`), newValue());
    const { stdout, stderr } = await scan(directory);
    expect(stdout + stderr).not.toContain(value);
    expect(stdout).toContain(`${value.slice(0, 12)}[redacted].txt:1:1`);
  });

  it('follows a symbolic link only if it is named', async () => {
    const [directory, elsewhere] = [await newDirectory(), await newDirectory()];
    await writeFile(join(elsewhere, 'secret'), newValue());
    await symlink(join(elsewhere, 'secret'), join(directory, 'file'));
    await symlink(elsewhere, join(directory, 'directory'));
    expect(await scan(directory)).toEqual({ code: 0, stdout: '', stderr: foundNone });
    expect((await scan(join(directory, 'file'))).code).toBe(4);
  });

  it('prints no value that is in a path, also between other letters', async () => {
    const directory = await newDirectory();
    const [folder, value] = [newValue(), newValue()];
    await mkdir(join(directory, `A${folder}B`));
    await writeFile(join(directory, `A${folder}B`, `9${value}.txt`), value);
    await writeFile(join(directory, `A${folder}B`, `9${value}.zip`), zipOf({ [`C${value}`]: 'text' }, 1));
    const { stdout, stderr } = await scan(directory);
    const shown = [folder, value].map((one) => `${one.slice(0, 12)}[redacted]`);
    const file = `${directory}/A${shown[0]}B/9${shown[1]}`;
    // The archive itself holds the name of its member twice.
    expect(placesOf(stdout)).toEqual([`${file}.txt:1:1`, `${file}.zip:1:32`, `${file}.zip:1:127`]);
    expect(stderr).toMatch(/^warning: .*\[redacted\]\.zip!Ctok_/m);
    for (const secret of [folder, value]) expect(stdout + stderr).not.toContain(secret.slice(12));
  });

  it('warns about a file that cannot be read, and still finds the rest', async () => {
    const directory = await newDirectory();
    await writeFile(join(directory, 'a'), newValue());
    // Reading this file fails, even for root.
    const { code, stdout, stderr } = await scan('/proc/self/mem', join(directory, 'a'));
    expect(code).toBe(4);
    expect(placesOf(stdout)).toEqual([`${directory}/a:1:1`]);
    expect(stderr).toMatch(/^warning: \/proc\/self\/mem cannot be read \(EIO\)\.$/m);
    const without = await scan('/proc/self/mem');
    expect(without.code).toBe(1);
    expect(without.stderr).toMatch(
      /^error: Found nothing, but 1 file or directory could not be read\. See the warnings above\.$/m,
    );
  });

  it('leaves out what Git ignores, unless told otherwise', async () => {
    const directory = await newDirectory();
    const files = {
      '.gitignore': '*.log\n/build/\n!keep.log\n',
      'a.log': '',
      'keep.log': '',
      'build/out.js': '',
      'src/build/out.js': '',
      'src/.gitignore': '!a.log\nlocal\n',
      'src/a.log': '',
      'src/local': '',
      'src/deep/b.log': '',
      '.git/info/exclude': 'private\n',
      private: '',
      '.git/config': '',
      '.env': '',
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(directory, path, '..'), { recursive: true });
      await writeFile(join(directory, path), `${text}# ${newValue()}\n`);
    }
    const found = async (...args: string[]) =>
      placesOf((await scan(...args)).stdout).map((place) => place?.slice(directory.length + 1).replace(/:.*/, ''));
    expect(await found(directory)).toEqual([
      ...['.env', '.gitignore', 'keep.log', 'src/.gitignore', 'src/a.log', 'src/build/out.js'],
    ]);
    expect(await found(join(directory, 'src'))).toEqual(['src/.gitignore', 'src/a.log', 'src/build/out.js']);
    expect((await found(directory, '--no-ignore')).sort()).toEqual(Object.keys(files).sort());
  });

  it('shows progress on a terminal only', async () => {
    const argv = ['scan', '-', '--offline'];
    const shown = await cli.run(argv, { stdin: slowInput(), stderrIsTTY: true });
    expect(shown.stderr).toMatch(/Scanned [\d,]+ MB …/);
    expect(shown.stderr.endsWith(`\r\u001b[2K${foundNone}`)).toBe(true);
    expect((await cli.run(argv, { stdin: slowInput(), stderrIsTTY: false })).stderr).toBe(foundNone);
  });

  it('stops at a signal between two parts of the input', async () => {
    const stopping = new AbortController();
    const stopped = await cli.run(['scan', '-', '--offline'], {
      stdin: slowInput(() => stopping.abort()),
      signal: stopping.signal,
    });
    expect(stopped.code).toBe(130);
  });
});

describe('tokens scan in archives', () => {
  it('names members of zip and tar archives, and searches an archive in an archive as it is', async () => {
    const directory = await newDirectory();
    const value = newValue();
    const inner = zipOf({ 'hidden.txt': newValue() });
    await writeFile(join(directory, 'a.jar'), zipOf({ '../evil': value, 'dir/b': `\n ${value}`, 'inner.zip': inner }));
    await writeFile(join(directory, 'b.tar'), await tarOf({ [`${'long/'.repeat(60)}name`]: value, c: 'nothing' }));
    const { stdout } = await scan(directory);
    expect(placesOf(stdout)).toEqual([
      `${directory}/a.jar!../evil:1:1`,
      `${directory}/a.jar!dir/b:2:2`,
      `${directory}/b.tar!${'long/'.repeat(60)}name:1:1`,
    ]);
  });

  it('reads a member to its end, whatever size the archive states', async () => {
    const directory = await newDirectory();
    const zip = zipOf({ a: `first\n${newValue()}` });
    zip.writeUInt32LE(3, zip.indexOf('PK\u0001\u0002') + 24);
    await writeFile(join(directory, 'a.zip'), zip);
    expect(await scan(directory)).toMatchObject({ code: 4, stdout: expect.stringContaining('a.zip!a:2:1') });
  });

  it('searches the bytes around the members, and finds a zip archive behind a program', async () => {
    const directory = await newDirectory();
    const zip = zipOf({ a: `key ${newValue()} ${'x'.repeat(999)}` });
    const comment = newValue();
    zip.writeUInt16LE(comment.length, zip.length - 2);
    await writeFile(join(directory, 'a.zip'), Buffer.concat([zip, Buffer.from(comment)]));
    const tar = await tarOf({ a: `${newValue()}` });
    await writeFile(join(directory, 'b.tar'), Buffer.concat([tar, Buffer.from(newValue())]));
    // The offsets in a zipapp count from the start of the file.
    const script = '#!/usr/bin/env python3\n';
    const app = zipOf({ '__main__.py': `key = ${newValue()}${'\n'.repeat(999)}` });
    const end = app.lastIndexOf('PK\u0005\u0006');
    const central = app.readUInt32LE(end + 16);
    app.writeUInt32LE(central + script.length, end + 16);
    app.writeUInt32LE(script.length, central + 42);
    await writeFile(join(directory, 'c.pyz'), Buffer.concat([Buffer.from(script), app]));
    await writeFile(join(directory, 'd.sh'), `${script}${newValue()}`);
    const { stdout, stderr } = await scan(directory);
    expect(placesOf(stdout)).toEqual([
      `${directory}/a.zip!a:1:5`,
      expect.stringMatching(/a\.zip:\d+:\d+$/),
      `${directory}/b.tar!a:1:1`,
      `${directory}/b.tar:1:${tar.length + 1}`,
      `${directory}/c.pyz!__main__.py:1:7`,
      `${directory}/d.sh:2:1`,
    ]);
    expect(stderr).not.toContain('warning');
  });

  it('warns about encrypted members, and searches a damaged archive as it is', async () => {
    const directory = await newDirectory();
    await writeFile(join(directory, 'a.zip'), zipOf({ secret: 'x' }, 1));
    await writeFile(join(directory, 'b.zip'), `PK\u0003\u0004${newValue()}`);
    await writeFile(join(directory, 'c.gz'), `\u001f\u008b\b${newValue()}`, 'latin1');
    const { stdout, stderr } = await scan(directory);
    expect(placesOf(stdout)).toEqual([`${directory}/b.zip:1:5`, `${directory}/c.gz:1:4`]);
    expect(stderr).toContain(`warning: ${directory}/a.zip!secret is encrypted or compressed in an unknown way.`);
  });
});

describe('tokens scan with a server', () => {
  it('asks the server for prefix and statuses, and sends hashes only', async () => {
    const world = await openTestCliWithApp({ tokenPrefix: 'acme' }, onTerminal);
    const { app } = world;
    const [mine, theirs] = [
      await createToken(app, app.dev, { name: 'ci' }),
      await createToken(app, app.root, { name: 'r' }),
    ];
    const ended = await createToken(app, app.dev, { name: 'old' });
    await app.ask(`/api/v1/tokens/${ended.id}`, { as: app.dev, method: 'DELETE' });
    const stdin = `${mine.token}\n${theirs.token}\n${ended.token}\n${newValue('acme')}\n${newValue('tok')}\n`;
    const bodies: string[] = [];
    const fetchAndKeep: typeof fetch = async (input, init) => {
      bodies.push(String(init?.body ?? ''));
      return app.fetchApp(new Request(input as string, init));
    };
    const run = (member: typeof app.dev, text = stdin) =>
      world.run(['scan', '-'], { ...world.as(member), stdin: text, fetch: fetchAndKeep });
    const asRoot = await run(app.root);
    expect(asRoot.code).toBe(4);
    expect(asRoot.stdout.trimEnd().split('\n')).toEqual([
      `-:1:1\t${mine.prefix}\tactive\tci\tdev@example.com`,
      `-:2:1\t${theirs.prefix}\tactive\tr\troot@example.com`,
      `-:3:1\t${ended.prefix}\trevoked\told\tdev@example.com`,
      expect.stringMatching(/^-:4:1\tacme_\w{8}\tunknown$/),
    ]);
    expect(asRoot.stderr).toMatch(/^error: Found values of tokens that work or can be resumed in 2 places\./);
    const asDev = await run(app.dev);
    expect(asDev.stdout.match(/unknown/g)).toHaveLength(2);
    expect(bodies.join()).not.toContain(mine.token.slice(0, 14));
    // Nothing of what is left works.
    expect(await run(app.root, ended.token)).toMatchObject({ code: 0, stderr: '' });
    await world.close();
  });

  it('asks about more than 1,000 values in several requests', async () => {
    const world = await openTestCliWithApp({}, onTerminal);
    const { app } = world;
    let requests = 0;
    const counting: typeof fetch = async (input, init) => {
      if (String(input).endsWith('/tokens/statuses')) requests += 1;
      return app.fetchApp(new Request(input as string, init));
    };
    const values = Array.from({ length: 2500 }, () => newValue());
    const stdin = [...values, ...values].join('\n');
    const { code, stdout } = await world.run(['scan', '-'], { ...world.as(app.root), stdin, fetch: counting });
    expect(code).toBe(0);
    expect(placesOf(stdout)).toHaveLength(5000);
    expect(requests).toBeGreaterThanOrEqual(3);
    await world.close();
  });

  it('counts every well-formed value if the user is not signed in, and says so', async () => {
    const world = await openTestCliWithApp({}, onTerminal);
    const { code, stdout, stderr } = await world.run(['scan', '-'], { stdin: newValue() });
    expect(code).toBe(4);
    expect(stdout).toContain('valid-shape');
    expect(stderr).toContain('Not signed in to https://tokens.example.com, so no server says which values are live.');
    await world.close();
  });

  it('prints what it found before it reports that the server failed', async () => {
    const world = await openTestCliWithApp({}, onTerminal);
    const failing: typeof fetch = async (input, init) =>
      String(input).endsWith('/tokens/statuses')
        ? new Response('{}', { status: 503, headers: { 'Content-Type': 'application/problem+json' } })
        : world.app.fetchApp(new Request(input as string, init));
    const ran = await world.run(['scan', '-'], { ...world.as(world.app.root), stdin: newValue(), fetch: failing });
    expect(ran.code).not.toBe(0);
    expect(ran.stdout).toContain('valid-shape');
    await world.close();
  });
});
