import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import module from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn } from '../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { runProgram } from '../helpers/daemon/process.ts';

const { newDataDir, start } = useDaemons();

/** Built-in modules that are slow to load, and that neither help nor a list needs. */
const slowModules = [
  'http2',
  'tls',
  'crypto',
  'child_process',
  'zlib',
  'worker_threads',
  'internal/deps/undici/undici',
];

/** Built-in modules that only requests, questions and changes of files need. */
const otherModules = ['http', 'net', 'stream', 'dns', 'fs/promises', 'perf_hooks', 'readline', 'assert', 'v8', 'tty'];

/** Preloaded script that reports, when the process exits, the files and built-in modules that it loaded. */
const recorder = `
const fs = require('node:fs');
if (process.env.COMPILE_CACHE) {
  require('node:module').enableCompileCache = (directory) => {
    fs.writeFileSync(process.env.COMPILE_CACHE, [directory, ...Object.keys(require.cache)].join('\\n'));
  };
}
const read = new Set();
const readFileSync = fs.readFileSync;
fs.readFileSync = (path, ...rest) => { read.add(String(path)); return readFileSync(path, ...rest); };
process.on('exit', () => {
  const files = [...read, ...Object.keys(require.cache)];
  const builtins = process.moduleLoadList.filter((name) => name.startsWith('NativeModule ')).map((name) => name.slice(13));
  fs.writeFileSync(process.env.LOAD_REPORT, JSON.stringify({ files, builtins }));
});
`;

describe('the help that the build prepares', () => {
  it.each(['-h', '--help'])('is what commander prints, for %s', async (flag) => {
    const prepared = await runProgram('tokens', [flag]);
    expect(prepared.stdout).toMatch(/^Usage: tokens /);
    expect(prepared).toEqual(await runProgram('tokens', ['--json', flag]));
  });
});

describe('a tokens that Node ends while it waits for nothing', () => {
  it('does not exit 0, because its work is not done', () => {
    const file = join(import.meta.dirname, '../../dist/cli/main.cjs');
    const script = `const { realContext, runProcess } = require(${JSON.stringify(file)});
      runProcess({ ...realContext(), stdout: { isTTY: false, columns: 80, write: () => new Promise(() => {}) } });`;
    expect(spawnSync(process.execPath, ['--eval', script, 'tokens', '--version']).status).toBe(1);
  });
});

describe('the files that tokens loads', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tokens-start-up-'));
    await writeFile(join(directory, 'recorder.cjs'), recorder);
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function loadedBy(args: string[], env: Record<string, string> = {}) {
    const report = join(directory, 'loaded.json');
    const ran = await runProgram('tokens', args, {
      env: { ...env, LOAD_REPORT: report, NODE_OPTIONS: `--require ${join(directory, 'recorder.cjs')}` },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const { files, builtins } = JSON.parse(await readFile(report, 'utf8')) as { files: string[]; builtins: string[] };
    const ours = files.filter((path) => /dist.cli.[^/\\]+\.cjs$/.test(path)).map((path) => basename(path));
    expect(files.filter((path) => path.includes('node_modules'))).toEqual([]);
    return { ours: [...new Set(ours)].sort(), files, builtins };
  }

  it.each([
    [['--version'], ['main.cjs']],
    [['--help'], ['main.cjs']],
    [
      ['--json', '--help'],
      ['main.cjs', 'program.cjs'],
    ],
    [
      ['create', '--help'],
      ['keychain.cjs', 'list.cjs', 'main.cjs', 'program.cjs', 'rest.cjs'],
    ],
    [
      ['help', 'users'],
      ['list.cjs', 'main.cjs', 'program.cjs', 'rest.cjs'],
    ],
  ])('include no network stack for %j, and the commands only if one is named', async (args, expected) => {
    const { ours, builtins } = await loadedBy(args);
    expect(ours).toEqual(expected);
    for (const name of [...slowModules, ...otherModules]) {
      expect(builtins).not.toContain(name);
    }
  });

  it('include no network stack for a completion with names from the cache, or without a session', async () => {
    const [url, email] = ['http://127.0.0.1:9', 'ada@example.com'];
    const server = { url, host: '127.0.0.1:9', email, credentialStore: 'file', insecureHttp: true };
    const names = { [`${url} ${email} token`]: { at: new Date().toISOString(), names: ['ci-pipeline'] } };
    const write = (name: string, value: unknown) =>
      writeFile(join(directory, name), JSON.stringify(value), { mode: 0o600 });
    await Promise.all([write('config.json', { current: url, servers: [server] }), write('completion.json', names)]);
    for (const env of [{}, { TOKENS_SERVER: 'http://127.0.0.1:10' }]) {
      const { ours, builtins } = await loadedBy(['__complete', 'token'], { TOKENS_CONFIG_DIR: directory, ...env });
      expect(ours).toEqual(['main.cjs']);
      for (const name of [...slowModules, ...otherModules]) expect(builtins).not.toContain(name);
    }
  });

  it('are those of the commands and the network stack for a list as JSON', async () => {
    const daemon = await start(await newDataDir());
    const { session } = await signIn(daemon.url, superuser);
    const { ours, builtins } = await loadedBy(['list', '--json'], {
      TOKENS_SERVER: daemon.url,
      TOKENS_SESSION: session,
    });
    expect(ours).toEqual(['list.cjs', 'main.cjs', 'program.cjs']);
    for (const name of [...slowModules, 'fs/promises', 'perf_hooks', 'readline', 'assert', 'v8', 'tty']) {
      expect(builtins).not.toContain(name);
    }
  });

  it('are loaded through Node’s compile cache in the home directory on Node 22 and newer', async () => {
    const report = join(directory, 'compile-cache.txt');
    const { ours, files } = await loadedBy(['--version'], { COMPILE_CACHE: report });
    expect(ours).toEqual(['main.cjs']);
    expect(files.filter((path) => /compiled-code\.js$|\.cache$/.test(path))).toEqual([]);
    const [cacheDirectory, ...before] = (await readFile(report, 'utf8')).split('\n');
    // The home directory, because other users could put code into a shared directory.
    expect(cacheDirectory).toBe(join(userInfo().homedir, '.cache', 'tokens'));
    expect(before.map((path) => basename(path))).toContain('tokens.js');
    expect(before.join()).not.toMatch(/main\.cjs/);
  });

  it.skipIf('enableCompileCache' in module)('are loaded from the cache files of the build on Node 20', async () => {
    const { files } = await loadedBy(['--version']);
    expect(files.some((path) => path.endsWith('main.cjs.cache'))).toBe(true);
  });
});

describe('the files that tokensd loads', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tokensd-start-up-'));
    await writeFile(join(directory, 'recorder.cjs'), recorder);
  });
  afterAll(() => rm(directory, { recursive: true }));

  /** Returns the modules of our own and the packages in the loaded files, as the comments in these files name them, and the built-in modules. */
  async function loadedBy(args: string[]) {
    const report = join(directory, `${args.join('-')}.json`);
    const env = { LOAD_REPORT: report, NODE_OPTIONS: `--require ${join(directory, 'recorder.cjs')}` };
    expect(await runProgram('tokensd', args, { env })).toMatchObject({ code: 0, stderr: '' });
    const { files, builtins } = JSON.parse(await readFile(report, 'utf8')) as { files: string[]; builtins: string[] };
    const loaded = [...new Set(files)].filter((path) => /\.c?js$/.test(path));
    const texts = await Promise.all(loaded.map((path) => readFile(path, 'utf8')));
    const modules = [...texts.join('\n').matchAll(/\/\/! (\S+)$/gm)].map(([, path = '']) => path).concat(loaded);
    const named = (pattern: RegExp) => [...new Set(modules.flatMap((path) => pattern.exec(path)?.[1] ?? []))].sort();
    return {
      ours: named(/^(server\/.*)\.tsx?$/),
      packages: named(/node_modules\/((?:@[^/]+\/)?[^/]+)/),
      builtins,
    };
  }

  it.each([[['--version']], [['--help']], [['help', 'serve']], [['mail', 'list', '--help']]])(
    'include no command, no network stack and no package except commander for %j',
    async (args) => {
      const { ours, packages, builtins } = await loadedBy(args);
      expect(ours).toEqual([
        'server/context',
        'server/main',
        'server/program',
        'server/upkeep-program',
        'server/version',
      ]);
      expect(packages).toEqual(['commander']);
      for (const name of [...slowModules, 'net', 'http', 'dns', 'fs/promises', 'readline', 'assert', 'v8'])
        expect(builtins).not.toContain(name);
    },
  );

  it('include neither a database nor a web server for `config`', async () => {
    const { ours, packages } = await loadedBy(['config']);
    expect(ours.filter((path) => path.startsWith('server/commands/'))).toEqual(['server/commands/config']);
    for (const name of ['hono', 'knex', 'sqlite3', 'pg', 'nodemailer']) expect(packages).not.toContain(name);
  });
});

describe('the stack traces of tokensd', () => {
  it('name functions, and lines that a comment with the name of their source precedes', async () => {
    const directory = join(import.meta.dirname, '../../dist/server');
    const names = (await readdir(directory)).filter((name) => name.startsWith('serve-'));
    const lines = (await readFile(join(directory, names[0] as string), 'utf8')).split('\n');
    const line = lines.findIndex((text) => text.includes('function runServe('));
    const comments = lines.slice(0, line + 1).flatMap((text) => /\/\/! (server\/\S+)$/.exec(text)?.[1] ?? []);
    expect(comments.at(-1)).toBe('server/commands/serve.ts');
    expect(lines.filter((text) => text.length > 2_000)).toEqual([]);
  });
});
