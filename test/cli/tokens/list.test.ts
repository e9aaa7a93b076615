import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken } from '../../helpers/app/app.ts';
import { openTestCli, openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  dev = cli.as(cli.app.dev);
});
afterEach(() => cli.close());

const path = '/api/v3/organizations/acme/projects/website/builds/42/artifacts';
const used: Token = {
  id: '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b',
  name: 'ci-pipeline',
  prefix: 'tok_8fK2b1Qz',
  description: null,
  owner: 'ada@example.com',
  owner_kind: 'member',
  created_at: '2026-11-20T16:20:00.000Z',
  expires_at: null,
  status: 'active',
  last_used: { at: '2026-11-23T16:17:00.000Z', method: 'GET', path, ip: '203.0.113.9', user_agent: 'curl/8' },
  last_denied: null,
  rotated_at: null,
  previous_used_at: null,
  previous: null,
  paused: null,
  self_rotate: false,
  manage: [],
  canary: false,
  lifetime: null,
  quiet_networks: false,
  apps: null,
  read_only: false,
  allow: null,
  networks: null,
  enforce: true,
};

/** A server that responds with one page of these tokens. */
const serving = (...items: Token[]): Surroundings => ({
  ...dev,
  env: { TOKENS_SERVER: 'https://t.example.com', TOKENS_SESSION: 's' },
  fetch: async () => Response.json({ items, next_cursor: null }),
});

it('prints a header and one tab-separated line with all details per token in a pipe', async () => {
  const ran = await cli.run(['list'], serving(used, { ...used, name: 'never', last_used: null, status: 'expired' }));
  expect(ran.stdout).toBe(
    [
      'NAME\tPREFIX\tCREATED\tLAST USED\tSTATUS\tEXPIRES',
      `ci-pipeline\ttok_8fK2b1Qz\t2026-11-20T16:20:00.000Z\t2026-11-23T16:17:00.000Z · GET ${path} · 203.0.113.9\tactive\tnever`,
      'never\ttok_8fK2b1Qz\t2026-11-20T16:20:00.000Z\tnever\texpired\tnever',
      '',
    ].join('\n'),
  );
});

it('shortens only the middle of the path on a terminal', async () => {
  const { stdout } = await cli.run(['ls'], serving(used));
  expect(stdout).toContain('\t');
  const shown = (await cli.run(['ls', '--no-color'], { ...serving(used), columns: 110 })).stdout;
  expect(shown).toMatch(/3 minutes ago · GET \/api\S*…\S*artifacts · 203\.0\.113\.9/);
  expect(shown).toContain('ci-pipeline');
  expect(shown).toContain('active');
});

it.each([200, 120, 100, 80, 60])('prints no line wider than a terminal of %i columns', async (columns) => {
  const wide = { ...used, name: '日本語の名前トークン🎉' };
  const ran = await cli.run(['list', '--all'], { ...serving(used, wide, { ...used, last_used: null }), columns });
  for (const line of ran.stdout.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
  expect(ran.stdout.trimEnd().split('\n')).toHaveLength(4);
});

it.each([
  [200, ['NAME', 'PREFIX', 'CREATED', 'LAST USED', 'STATUS', 'EXPIRES'], '3 minutes ago · GET'],
  [90, ['NAME', 'PREFIX', 'LAST USED', 'STATUS', 'EXPIRES'], /GET \/\S*…\S*ts · 203/],
  [80, ['NAME', 'PREFIX', 'LAST USED', 'STATUS', 'EXPIRES'], '3 minutes ago'],
  [60, ['NAME', 'PREFIX', 'LAST USED', 'STATUS', 'EXPIRES'], '3m ago'],
  [50, ['NAME', 'LAST USED', 'STATUS', 'EXPIRES'], '3 minutes ago'],
  [33, ['NAME', 'STATUS', 'EXPIRES'], 'active {2}21 Feb 2027'],
  [25, ['NAME', 'STATUS'], 'active'],
  [10, ['NAME'], 'ci-pipeline'],
])('drops columns on a terminal of %i columns and never cuts a name', async (columns, heads, text) => {
  const expires_at = '2027-02-21T16:20:00.000Z';
  const { stdout } = await cli.run(['list', '--no-color'], { ...serving({ ...used, expires_at }), columns });
  const [head = '', line = ''] = stdout.split('\n');
  expect(head.split(/ {2,}/)).toEqual(heads);
  expect(line).toMatch(/^ci-pipeline(?: {2}|$)/);
  expect(line).toMatch(typeof text === 'string' ? new RegExp(text) : text);
});

it('prints the columns that --columns names, with times in UTC, on a terminal as well', async () => {
  const token = { ...used, apps: ['grafana', 'wiki'], expires_at: '2027-02-21T16:20:00.000Z' };
  const columns = ['list', '--columns', 'name,expires_at, last_used,apps,description,read_only'];
  const piped = await cli.run(columns, serving(token));
  expect(piped.stdout).toBe(
    'NAME\tEXPIRES_AT\tLAST_USED\tAPPS\tDESCRIPTION\tREAD_ONLY\nci-pipeline\t2027-02-21T16:20:00.000Z\t2026-11-23T16:17:00.000Z\tgrafana, wiki\t\tfalse\n',
  );
  const shown = await cli.run([...columns, '--no-color'], { ...serving(token), columns: 150 });
  expect(shown.stdout).toContain('2027-02-21T16:20:00.000Z');
  const narrow = ['list', '--columns', 'name,id,prefix,created_at,expires_at,description', '--no-color'];
  const described = { ...token, description: 'Builds the website' };
  const whole = await cli.run(narrow, { ...serving(described), columns: 40 });
  for (const text of [token.name, token.id, token.prefix, token.created_at, token.expires_at])
    expect(whole.stdout, 'no command accepts a part of it').toContain(text);
  expect(whole.stdout).toContain('Builds …');
  const unknown = await cli.run(['list', '--columns', 'name,expiry'], serving(token));
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown.stderr).toMatch(/^error: There is no column "expiry"\. The columns are id, name, .*, enforce\.\n$/);
  expect(await cli.run([...columns, '--status', 'revoked'], serving())).toMatchObject({ code: 2, stdout: '' });
  const json = await cli.run([...columns, '--json'], serving(token));
  expect(json).toMatchObject({ code: 2, stdout: '' });
  expect(json.stderr).toContain('Leave --columns out.');
});

it('shows when each token expires', async () => {
  const expiring = { ...used, expires_at: '2027-02-21T16:20:00.000Z' };
  const soon = { ...used, expires_at: '2026-12-01T16:20:00.000Z' };
  const over = { ...used, expires_at: '2026-11-22T16:20:00.000Z' };
  const shown = (await cli.run(['list'], { ...serving(used, expiring, over, soon), columns: 200 })).stdout;
  const ends = ['never', '21 Feb 2027', '22 Nov 2026', '1 Dec 2026 (in 8 days)'];
  expect(linesWithout(shown).map((line) => line.split(/ {2,}/).at(-1))).toEqual(['EXPIRES', ...ends]);
  // Without room for both, the distance gives way, and the path of the last use before that.
  const narrower = linesWithout((await cli.run(['list'], { ...serving(soon), columns: 120 })).stdout);
  expect(narrower[1]).toMatch(/GET \S*…\S* · 203\.0\.113\.9 .* 1 Dec 2026 \(in 8 days\)$/);
  const narrow = linesWithout((await cli.run(['list'], { ...serving(soon), columns: 60 })).stdout);
  expect(narrow[1]).toMatch(/ 1 Dec 2026$/);
  const piped = (await cli.run(['list'], serving(expiring))).stdout;
  expect(piped).toMatch(/\t2027-02-21T16:20:00\.000Z\n$/);
});

/** Returns the lines of a table without colors. */
const linesWithout = (stdout: string) => stripVTControlCharacters(stdout).trimEnd().split('\n');

it('prints colors only on a terminal, and not with --no-color or NO_COLOR', async () => {
  const surroundings = serving(used);
  const colorCode = '\u001b[';
  expect((await cli.run(['list'], { ...surroundings, columns: 120 })).stdout).toContain(colorCode);
  expect((await cli.run(['list'], surroundings)).stdout).not.toContain(colorCode);
  expect((await cli.run(['list', '--no-color'], { ...surroundings, columns: 120 })).stdout).not.toContain(colorCode);
  expect((await cli.run(['--no-color', 'list'], { ...surroundings, columns: 120 })).stdout).not.toContain(colorCode);
  const shown = (env: Record<string, string>) =>
    cli.run(['list'], { ...surroundings, env: { ...surroundings.env, ...env }, columns: 120 });
  expect((await shown({ NO_COLOR: '1' })).stdout).not.toContain(colorCode);
  expect((await shown({ TERM: 'dumb' })).stdout).not.toContain(colorCode);
  expect((await shown({ NO_COLOR: '' })).stdout).toContain(colorCode);
});

const evil = '\u001b[2J\u001b]0;owned\u0007\u009b31mx\u202egnp\u200b\ty\r\nz';

it.each([undefined, 120])(
  'removes control, escape, direction and zero-width characters (columns: %s)',
  async (columns) => {
    const last_used = { ...(used.last_used ?? never()), path: `/a${evil}`, user_agent: evil };
    const surroundings = {
      ...serving({ ...used, name: `n${evil}`, description: evil, last_used }),
      ...(columns && { columns }),
    };
    for (const argv of [
      ['list', '--no-color'],
      ['show', 'tok_8fK2b1Qz'],
    ]) {
      const { stdout, code } = await cli.run(argv, surroundings);
      expect(code).toBe(0);
      expect(stdout.replaceAll(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
    expect((await cli.run(['list'], surroundings)).stdout.trimEnd().split('\n')).toHaveLength(2);
  },
);

it('prints an array of token objects with --json, with DEL and C1 controls escaped', async () => {
  const { stdout } = await cli.run(['list', '--json'], serving({ ...used, description: 'a\u007fb\u009bc' }));
  expect(stdout).toContain('a\\u007fb\\u009bc');
  expect(JSON.parse(stdout)).toEqual([{ ...used, description: 'a\u007fb\u009bc' }]);
});

it('reads every page, or only the pages that --limit needs', async () => {
  for (let index = 0; index < 3; index += 1) await createToken(cli.app, cli.app.dev, { name: `t${index}` });
  const limits: (string | null)[] = [];
  const paging: Surroundings = {
    ...dev,
    fetch: (url, init) => {
      const request = new URL(String(url));
      limits.push(request.searchParams.get('limit'));
      request.searchParams.set('limit', '1');
      return cli.app.fetchApp(new Request(request, init));
    },
  };
  const all = JSON.parse((await cli.run(['list', '--json'], paging)).stdout);
  expect(all.map(({ name }: Token) => name)).toEqual(['t2', 't1', 't0']);
  expect(limits[0]).toBe('200');
  expect(JSON.parse((await cli.run(['list', '--json', '--limit', '2'], paging)).stdout)).toHaveLength(2);
});

it.each(['0', '-1', 'many', '1.5', ''])('rejects --limit "%s"', async (limit) => {
  expect((await cli.run(['list', '--limit', limit], dev)).code).toBe(2);
});

it('lists the tokens of one member or of all for a superuser only', async () => {
  await createToken(cli.app, cli.app.dev, { name: 'of-dev' });
  await createToken(cli.app, cli.app.root, { name: 'of-root' });
  const root = cli.as(cli.app.root);
  const all = await cli.run(['list', '--all'], root);
  expect(all.stdout.split('\n')[0]).toBe('NAME\tPREFIX\tCREATED\tLAST USED\tSTATUS\tOWNER\tEXPIRES');
  expect(all.stdout).toContain('dev@example.com');
  expect((await cli.run(['list', '--user', 'DEV@example.com'], root)).stdout).not.toContain('of-root');
  expect((await cli.run(['list', '--all'], dev)).code).toBe(4);
  expect((await cli.run(['list', '--all', '--user', 'dev@example.com'], root)).code).toBe(2);
});

it('filters by --status', async () => {
  await createToken(cli.app, cli.app.dev, { name: 'short', expires_in: 60 });
  await createToken(cli.app, cli.app.dev, { name: 'long' });
  cli.app.clock.advance(61_000);
  const { stdout } = await cli.run(['list', '--status', 'expired'], dev);
  expect(stdout).toContain('short');
  expect(stdout).not.toContain('long');
  expect((await cli.run(['list', '--status', 'fresh'], dev)).code).toBe(2);
});

it('prints only the header for an empty list in a pipe, [] as JSON, and a hint on a terminal', async () => {
  expect((await cli.run(['list'], dev)).stdout).toBe('NAME\tPREFIX\tCREATED\tLAST USED\tSTATUS\tEXPIRES\n');
  expect((await cli.run(['list', '--json'], dev)).stdout).toBe('[]\n');
  const shown = await cli.run(['list'], { ...dev, columns: 80, stderrIsTTY: true });
  expect(shown).toMatchObject({ stdout: '', stderr: expect.stringContaining('tokens create') });
});

it('reports that no token matches the filter', async () => {
  const root = { ...cli.as(cli.app.root), columns: 80, stderrIsTTY: true };
  for (const filter of [
    ['--status', 'expired'],
    ['--user', 'dev@example.com'],
  ]) {
    const shown = await cli.run(['list', ...filter], root);
    expect(shown).toEqual({ code: 0, stdout: '', stderr: 'No token matches.\n' });
  }
});

it('shows everything about one token except its value, and exits 3 for an unknown name', async () => {
  const { token } = await createToken(cli.app, cli.app.dev, { name: 'Ci', description: 'Builds' });
  for (const name of ['Ci', 'ci', token.slice(0, 12)]) {
    const { stdout } = await cli.run(['show', name], dev);
    expect(stdout).toContain('Name:\tCi\n');
    expect(stdout).toContain('Description:\tBuilds\n');
    expect(stdout, 'an empty value still has its tab').toContain('User agent:\t\n');
    expect(stdout).not.toContain(token);
  }
  const { stdout: onTerminal } = await cli.run(['show', 'ci'], { ...dev, columns: 80 });
  expect(onTerminal).toContain('Description: Builds\n');
  expect(onTerminal, 'a label without a value says nothing').not.toMatch(/:\s*$/m);
  expect(JSON.parse((await cli.run(['show', 'ci', '--json'], dev)).stdout)).toMatchObject({ name: 'Ci' });
  expect((await cli.run(['show', 'other'], dev)).code).toBe(3);
  expect((await cli.run(['show', 'ci', '--user', 'dev@example.com'], cli.as(cli.app.root))).code).toBe(0);
});

it('exits 0 silently for a closed pipe, and 1 for another write error', async () => {
  expect(await cli.run(['list'], { ...dev, stdoutFails: 'EPIPE' })).toEqual({ code: 0, stdout: '', stderr: '' });
  const full = await cli.run(['list', '--json'], { ...dev, stdoutFails: 'ENOSPC' });
  expect(full.code).toBe(1);
  expect(JSON.parse(full.stderr).code).toBe('unwritable');
});

it('exits 4 without a session', async () => {
  const signedOut = await openTestCli({ env: { TOKENS_SERVER: 'https://t.example.com' } });
  expect((await signedOut.run(['list'])).code).toBe(4);
  await signedOut.close();
});

function never(): never {
  throw new Error('The sample token has been used.');
}

/** A server with this many pages that counts its requests and fails after `brokenAfter` pages. */
function servePages(pages: number, brokenAfter = Infinity) {
  const requested = { pages: 0 };
  const fetch: typeof globalThis.fetch = async () => {
    requested.pages += 1;
    if (requested.pages > brokenAfter) throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
    const items = Array.from({ length: 200 }, (_, i) => ({ ...used, name: `t-${requested.pages}-${i}` }));
    return Response.json({ items, next_cursor: requested.pages < pages ? `after-${requested.pages}` : null });
  };
  return { requested, surroundings: { ...serving(), fetch } };
}

it('writes a long list page by page, and requests pages no faster than it writes them', async () => {
  const { requested, surroundings } = servePages(50);
  const seen: number[] = [];
  const ran = await cli.run(['list', '--all', '--json'], {
    ...surroundings,
    onWrite: () => seen.push(requested.pages),
  });
  expect(ran.code).toBe(0);
  expect((JSON.parse(ran.stdout) as Token[]).length).toBe(10_000);
  expect(seen).toEqual([...Array.from({ length: 50 }, (_, i) => i + 1), 50]);
});

it('leaves the JSON incomplete if a page fails', async () => {
  const { surroundings } = servePages(50, 3);
  const ran = await cli.run(['list', '--all', '--json'], surroundings);
  expect(ran.code).toBe(6);
  expect(() => JSON.parse(ran.stdout)).toThrow();
  expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'unreachable' });
});

it('indents a JSON list on a terminal', async () => {
  const two = [used, { ...used, name: 'other' }];
  const shown = await cli.run(['list', '--json'], { ...serving(...two), columns: 100 });
  expect(shown.stdout).toBe(`${JSON.stringify(two, null, 2)}\n`);
  expect((await cli.run(['list', '--json'], { ...serving(), columns: 100 })).stdout).toBe('[]\n');
  expect((await cli.run(['list', '--json'], serving(...two))).stdout).toBe(`${JSON.stringify(two)}\n`);
});

it('shows the progress of a long list in one line on a terminal’s stderr, and removes it at the end', async () => {
  const slow = () => {
    const { surroundings } = servePages(4);
    const fetch: typeof globalThis.fetch = async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 120));
      return surroundings.fetch(...args);
    };
    return { ...surroundings, fetch };
  };
  const onTerminal = await cli.run(['list', '--all', '--json'], { ...slow(), stderrIsTTY: true });
  expect(onTerminal.stderr).toContain('\r\u001b[2K400 tokens …');
  expect(onTerminal.stderr.endsWith('\r\u001b[2K')).toBe(true);
  expect(onTerminal.stderr).not.toContain('\n');
  expect((await cli.run(['list', '--all', '--json'], slow())).stderr).toBe('');
});

it('lists the tokens whose rules name an app', async () => {
  const { app } = cli;
  const root = cli.as(app.root);
  await app.ask('/api/v1/apps', { as: app.root, json: { name: 'grafana' } });
  await createToken(app, app.dev, { name: 'dashboards', apps: ['grafana'] });
  await createToken(app, app.dev, { name: 'grafana' });
  await createToken(app, app.root, { name: 'graphs', apps: ['grafana'] });
  const namesIn = (stdout: string) => (JSON.parse(stdout) as Token[]).map(({ name }) => name).sort();
  const own = await cli.run(['list', '--app', 'grafana', '--json'], dev);
  expect([own.code, namesIn(own.stdout)]).toEqual([0, ['dashboards']]);
  const all = await cli.run(['list', '--all', '--app', 'grafana', '--json'], root);
  expect([all.code, namesIn(all.stdout)]).toEqual([0, ['dashboards', 'graphs']]);
});
