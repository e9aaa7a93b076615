import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

const { requireWithCache } = createRequire(import.meta.url)('../../bin/compiled-code.js');

/**
 * Writes V8's compiled code of each file of the command line in `directory`, including the functions that run on loading, for
 * `--help`, for `list --json` and for completion. Only the version of Node.js that runs this can use it.
 */
export async function writeCompiledCode(directory) {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.cjs')).map((name) => join(directory, name));
  for (const file of files) await writeFile(`${file}.cache`, '');
  const scripts = new Map();
  const load = (file) => requireWithCache(file, (path, script) => scripts.set(path, script));
  const writeAll = async () => {
    for (const [path, script] of scripts) await writeFile(`${path}.cache`, script.createCachedData());
    scripts.clear();
  };
  await runCommands(load(join(directory, 'main.cjs')));
  const undici = join(directory, 'undici.cjs');
  for (const file of files) if (file !== undici) load(file);
  await writeAll();
  // The command line sets this flag before it loads undici. V8 uses no code that was compiled under other flags.
  setFlagsFromString('--liftoff-only');
  load(undici);
  await writeAll();
}

/** Runs the commands whose start is to be short, with a server and a session of their own. */
async function runCommands({ main, realContext }) {
  const server = createServer((_request, response) => response.end(JSON.stringify(page))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${server.address().port}`;
  const settings = await mkdtemp(join(tmpdir(), 'tokens-build-'));
  const signedIn = { url: `http://${host}`, host, email, credentialStore: 'file', insecureHttp: false };
  const write = (name, value) => writeFile(join(settings, name), JSON.stringify(value), { mode: 0o600 });
  await write('config.json', { current: signedIn.url, servers: [signedIn] });
  await write('credentials.json', { [`${host}/session`]: 'session' });
  await write('completion.json', { [`${signedIn.url} ${email} token`]: { at: new Date(), names: ['ci'] } });
  // With 80 columns, the help would be the prepared text.
  const silent = { isTTY: false, columns: 100, write: async () => {} };
  const ctx = { ...realContext(), env: { TOKENS_CONFIG_DIR: settings }, stdout: silent, stderr: silent };
  for (const words of [['--help'], ['create', '--help'], ['list', '--json'], ['__complete', 'token']]) {
    const code = await main(words, ctx);
    if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}.`);
  }
  server.closeAllConnections();
  server.close();
  await rm(settings, { recursive: true });
}

const email = 'ada@example.com';
const token = {
  ...{ id: '1', name: 'ci', prefix: 'tok_1', description: null, owner: email, status: 'active' },
  ...{ created_at: '2026-01-01T00:00:00Z', expires_at: null, last_used: null },
};
const page = { items: [token], next_cursor: null };
