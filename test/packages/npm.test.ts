import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../helpers/daemon/api.ts';
import { freePort, superuser } from '../helpers/daemon/daemon.ts';
import { eventually } from '../helpers/daemon/process.ts';
import {
  newPerson,
  type PackedFiles,
  type Person,
  packForNpm,
  servePrebuilt,
} from '../helpers/packages/npm-package.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const root = join(import.meta.dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const canInstall = hasRealParts('root', 'npm');

let directory: string;
let packed: PackedFiles;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokens-npm-'));
  packed = await packForNpm(directory);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Returns the paths below a folder of the repository. */
function committed(folder: string): string[] {
  const { stdout } = spawnSync('git', ['ls-files', folder], { cwd: root, encoding: 'utf8' });
  return stdout.trim().split('\n');
}

describe('the npm package', () => {
  it('contains both programs, their manual pages, all examples and the documentation', () => {
    const documentation = committed('docs').filter(
      (path) => path.endsWith('.md') && !/^docs\/(project\/|before-and-after\.md$)/.test(path),
    );
    expect(documentation.length).toBeGreaterThan(25);
    for (const path of [
      ...['package.json', 'LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md'],
      ...Object.values(manifest.bin),
      ...manifest.man,
      ...committed('bin'),
      ...committed('examples'),
      ...documentation,
      ...[
        'dist/cli/main.cjs',
        'dist/cli/rest.cjs',
        'dist/cli/undici.cjs',
        'dist/cli/keychain-process.js',
        'dist/server/main.cjs',
      ],
      'dist/server/assets/styles/base.css',
    ])
      expect(packed.paths).toContain(path);
  });

  it('contains nothing that only developers and the website need', () => {
    const places =
      /^(bin\/[\w-]+\.(js|json)|dist\/(cli|server)\/.*\.(c?js|css|svg)|dist\/(cli|server)\/LICENSES|dist\/man\/[\w-]+\.1|docs\/[\w/-]+\.(md|svg)|examples\/.*|package\.json|LICENSE|README\.md|CHANGELOG\.md|SECURITY\.md)$/;
    expect(packed.paths.filter((path) => !places.test(path))).toEqual([]);
    expect(packed.paths.filter((path) => /\.(png|map|tsx?|cache|tsbuildinfo)$|\/node_modules\//.test(path))).toEqual(
      [],
    );
  });

  it('contains no file of an earlier build, because each build removes these', async () => {
    const copy = join(directory, 'built');
    for (const name of ['package.json', 'tsconfig.json', 'bin', 'scripts', 'cli', 'server', 'shared'])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const name of ['cli/gone.cjs', 'server/gone.cjs', 'server/gone/old.js', 'server/assets/styles/gone.css']) {
      await mkdir(dirname(join(copy, 'dist', name)), { recursive: true });
      await writeFile(join(copy, 'dist', name), '');
    }
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: copy, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const built = readdirSync(join(copy, 'dist'), { recursive: true, encoding: 'utf8' });
    expect(built.filter((path) => path.includes('gone'))).toEqual([]);
    expect(built).toContain('server/main.cjs');
  });

  it('contains the licenses of the packages that are part of the daemon', () => {
    expect(packed.paths).toContain('dist/server/LICENSES');
    const text = readFileSync(join(root, 'dist/server/LICENSES'), 'utf8');
    const files = packed.paths.filter((path) => /^dist\/server\/[^/]+\.cjs$/.test(path));
    const names = files.flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(/\/\/! \S*node_modules\/((?:@[^/]+\/)?[^/\s]+)\S*$/gm)].map(
        ([, name]) => name,
      ),
    );
    expect(new Set(names).size).toBeGreaterThan(20);
    for (const name of new Set(names)) expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'm'));
  });

  it('contains the licenses of the packages that are part of the command line', () => {
    expect(packed.paths).toContain('dist/cli/LICENSES');
    const text = readFileSync(join(root, 'dist/cli/LICENSES'), 'utf8');
    // Packages in each kind of file, that we import and that these import.
    for (const name of ['commander', 'hono', 'undici', '@inquirer/prompts', '@inquirer/core', 'chalk', 'graceful-fs'])
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'm'));
  });

  it('contains every file that a file of the daemon loads', async () => {
    const daemon = packed.paths.filter((path) => /^dist\/server\/[^/]+\.cjs$/.test(path));
    for (const path of daemon) {
      const text = readFileSync(join(root, path), 'utf8');
      for (const [, name] of text.matchAll(/\brequire\("\.\/([^"]+\.cjs)"\)/g))
        expect(daemon).toContain(`dist/server/${name}`);
    }
  });

  it('is not packed if the examples differ from the commit, because one may contain a password', async () => {
    const copy = join(directory, 'copy');
    const git = (...words: string[]) =>
      spawnSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...words], { cwd: copy });
    const pack = () => spawnSync('npm', ['run', '--silent', 'prepack'], { cwd: copy, encoding: 'utf8' });
    for (const name of ['package.json', 'scripts', 'examples'])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    await writeFile(join(copy, '.gitignore'), 'smtp-url\n');
    for (const words of [
      ['init', '--quiet'],
      ['add', '.'],
      ['commit', '--quiet', '--message', 'x'],
    ])
      git(...words);
    expect(pack()).toMatchObject({ status: 0, stderr: '' });
    await appendFile(join(copy, 'examples/kubernetes/secret/secret.yaml'), '  database-url: postgres://hunter2@db\n');
    await writeFile(join(copy, 'examples/compose/smtp-url'), 'smtp://hunter2@mail');
    const { status, stderr } = pack();
    expect(status).toBe(1);
    for (const text of [
      'examples/kubernetes/secret/secret.yaml',
      'examples/compose/smtp-url',
      'Commit or restore them first.',
    ])
      expect(stderr).toContain(text);
    expect(stderr).not.toContain('hunter2');
  });

  it('takes 2 MB to download and 8 MB on disk', () => {
    // The limits leave room for releases, and fail if a file is included twice or a large package is added.
    expect(packed.size).toBeLessThan(2_500_000);
    expect(packed.unpackedSize).toBeLessThan(9_000_000);
  });
});

describe.skipIf(!canInstall)('npm install -g by a person who is not root', () => {
  let person: Person;
  let prebuilt: Awaited<ReturnType<typeof servePrebuilt>>;
  let programs: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    [person, prebuilt] = await Promise.all([newPerson(packed.file), servePrebuilt()]);
    programs = join(person.home, 'prefix/bin');
    env = { PATH: `${programs}:${process.env.PATH}`, TOKENSD_LISTEN: `127.0.0.1:${await freePort()}` };
  });
  afterAll(async () => {
    prebuilt?.close();
    await person?.remove();
  });

  const npm = (command: string, ...args: string[]) =>
    person.run(command, [...args, '--prefer-offline', '--no-audit', '--no-fund'], { env: prebuilt.env });

  it('installs both programs into a clean prefix, without compiling or building', async () => {
    const tarball = `./${basename(packed.file)}`;
    const installed = await npm('npm', 'install', '--global', tarball, '--prefix', join(person.home, 'prefix'));
    expect(installed.code, installed.stderr).toBe(0);
    expect(prebuilt.asked).toContain('sqlite3');
    expect(existsSync(join(person.home, 'prefix/lib/node_modules/tokens/node_modules/sqlite3/build/Makefile'))).toBe(
      false,
    );
    expect(statSync(join(programs, 'tokensd')).uid).toBe(65_534);
    for (const program of ['tokens', 'tokensd'])
      expect(await person.run(program, ['--version'], { env })).toMatchObject({
        code: 0,
        stdout: `${manifest.version}\n`,
        stderr: '',
      });
  });

  it('runs both programs: init, serve, login and create', async () => {
    const input = superuser.password;
    const init = ['init', '--email', superuser.email, '--name', 'Root', '--password-stdin'];
    expect(await person.run('tokensd', init, { env, input })).toMatchObject({ code: 0 });
    const url = `http://${env.TOKENSD_LISTEN}`;
    const stop = new AbortController();
    const daemon = person.run('tokensd', ['serve'], { env, signal: stop.signal });
    try {
      await eventually(
        () =>
          fetch(`${url}/readyz`).then(
            ({ ok }) => ok,
            () => false,
          ),
        'the daemon to listen',
      );
      const login = ['login', url, '--email', superuser.email, '--password-stdin'];
      expect(await person.run('tokens', login, { env, input })).toMatchObject({ code: 0 });
      const created = await person.run('tokens', ['create', 'ci', '--expires', '30d'], { env });
      expect(created.code).toBe(0);
      expect((await verify(url, created.stdout.trim())).status).toBe(200);
    } finally {
      stop.abort();
      await daemon;
    }
  });

  it('is not even necessary with npx', async () => {
    const words = [
      '--yes',
      '--prefer-offline',
      '--package',
      `./${basename(packed.file)}`,
      '--',
      'tokensd',
      '--version',
    ];
    const { code, stdout } = await person.run('npx', words, { env: prebuilt.env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${manifest.version}\n` });
  });
});
