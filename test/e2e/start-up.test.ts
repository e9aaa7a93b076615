import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn } from '../helpers/api.ts';
import { superuser, useDaemons } from '../helpers/daemon.ts';
import { runProgram } from '../helpers/process.ts';

const { newDataDir, start } = useDaemons();

/** Tells at its end what the process loaded: files of ours, and Node's own modules. */
const witness = `
const fs = require('node:fs');
const read = new Set();
const readFileSync = fs.readFileSync;
fs.readFileSync = (path, ...rest) => { read.add(String(path)); return readFileSync(path, ...rest); };
process.on('exit', () => {
  const files = [...read, ...Object.keys(require.cache)];
  const builtins = process.moduleLoadList.filter((name) => name.startsWith('NativeModule ')).map((name) => name.slice(13));
  fs.writeFileSync(process.env.WITNESS, JSON.stringify({ files, builtins }));
});
`;

describe('what the command line loads', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tokens-start-up-'));
    await writeFile(join(directory, 'witness.cjs'), witness);
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function loadedBy(args: string[], env: Record<string, string> = {}) {
    const told = join(directory, 'loaded.json');
    const ran = await runProgram('tokens', args, {
      env: { ...env, WITNESS: told, NODE_OPTIONS: `--require ${join(directory, 'witness.cjs')}` },
    });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const { files, builtins } = JSON.parse(await readFile(told, 'utf8')) as { files: string[]; builtins: string[] };
    const ours = files.filter((path) => /dist.cli.[^/\\]+\.cjs$/.test(path)).map((path) => basename(path));
    expect(files.filter((path) => path.includes('node_modules'))).toEqual([]);
    return { ours: [...new Set(ours)].sort(), builtins };
  }

  it.each([[['--version']], [['--help']], [['create', '--help']], [['help', 'users']]])(
    'for %j is one file, and nothing of the network',
    async (args) => {
      const { ours, builtins } = await loadedBy(args);
      expect(ours).toEqual(['main.cjs']);
      for (const name of ['http', 'http2', 'tls', 'crypto', 'child_process', 'dns', 'internal/deps/undici/undici']) {
        expect(builtins).not.toContain(name);
      }
    },
  );

  it('for a list as JSON is a network besides, and neither tables nor colours nor prompts nor another fetch', async () => {
    const daemon = await start(await newDataDir());
    const { session } = await signIn(daemon.url, superuser);
    const { ours, builtins } = await loadedBy(['list', '--json'], {
      TOKENS_SERVER: daemon.url,
      TOKENS_SESSION: session,
    });
    expect(ours).toEqual(['main.cjs', 'undici.cjs']);
    for (const name of ['http2', 'tls', 'crypto', 'child_process', 'internal/deps/undici/undici']) {
      expect(builtins).not.toContain(name);
    }
  });
});
