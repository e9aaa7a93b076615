import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plain } from '../../../cli/ui/plain-output.ts';
import { createToken } from '../../helpers/app/app.ts';
import { appFetch, openTestCliWithApp, serverUrl } from '../../helpers/cli/cli.ts';

/** Retitles the terminal, clears it, hides what follows, moves the cursor, and does the same with C1 controls. */
const attack = '\u001b]0;owned\u0007\u001b[2J\u001b[8m\u001b[1A\r\u0008\u009b2J\u0090\u007f\u0000';

/** Fields whose text comes from members, clients or the server, and that no shape of the command line restricts. */
const texts =
  /^(?:name|email|description|prefix|owner|path|ip|user_agent|secret|token|link|user|title|detail|client_id|client_secret|uri|channel|method|kind|invitation_link|url)$/;

function poison(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => (typeof one === 'string' ? one + attack : poison(one)));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      typeof one === 'string' && texts.test(key) ? one + attack : poison(one),
    ]),
  );
}

/** Control characters in an output, apart from line breaks, tabs, colors and the clearing of a line. */
function controlsIn(output: string): string[] {
  const esc = '\u001b';
  const own = new RegExp(String.raw`${esc}\[(?:[0-7]|2[0-9]|3[0-7]|39|9[0-7])m|\r${esc}\[2K`, 'g');
  const rest = output.replaceAll(own, '');
  return [...rest].filter((character) => /(?![\n\t])\p{Cc}/u.test(character));
}

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeAll(async () => {
  cli = await openTestCliWithApp();
  await createToken(cli.app, cli.app.root, { name: 'ci', description: 'builds' });
  await createToken(cli.app, cli.app.root, { name: 'other' });
});
afterAll(() => cli.close());

/** A `fetch` whose responses hold the attack in every text. */
const hostile: typeof fetch = async (input, init) => {
  const response = await appFetch(cli.app)(input, init);
  if (!response.headers.get('content-type')?.includes('json')) return response;
  return new Response(JSON.stringify(poison(await response.json())), response);
};

const commands: string[][] = [
  ['whoami'],
  ['sessions', 'list'],
  ['sessions', 'list', '--user', 'dev@example.com'],
  ['sessions', 'end', '--all', '--user', 'dev@example.com'],
  ['list'],
  ['list', '--all'],
  ['show', 'ci'],
  ['show', 'nothing'],
  ['create', 'fresh'],
  ['create', 'ci'],
  ['revoke', 'other', '--yes'],
  ['revoke', 'nothing', '--yes'],
  ['users', 'list'],
  ['users', 'add', 'new@example.com', '--no-mail'],
  ['users', 'add', 'root@example.com', '--no-mail'],
  ['users', 'promote', 'dev@example.com'],
  ['users', 'reset-totp', 'dev@example.com', '--yes'],
  ['grant', 'dev@example.com'],
  ['grant', 'nobody@example.com'],
  ['offboard', 'dev@example.com', '--yes'],
  ['audit'],
  ['apps', 'create', 'grafana', '--host', 'grafana.example.com', '--max-expiry', '90d'],
  ['apps', 'list'],
  ['apps', 'show', 'grafana'],
  ['apps', 'edit', 'grafana', '--group', 'developers'],
  ['apps', 'delete', 'grafana', '--yes'],
  ['clients', 'create', 'gateway'],
  ['clients', 'list'],
  ['clients', 'rotate', 'gateway', '--yes'],
  ['clients', 'delete', 'gateway', '--yes'],
  ['servers', 'list'],
  ['servers', 'use', serverUrl],
  ['servers', 'remove', serverUrl],
  ['check'],
  ['password'],
  ['totp', 'enable'],
  ['logout'],
];

describe('the output of a command', () => {
  it.each(commands)('holds no control characters of a hostile server: %s %s %s', async (...words) => {
    const argv = words.filter((word) => word !== undefined);
    const env = { TOKENS_SESSION: cli.app.root.session };
    for (const surroundings of [{}, { columns: 100, stderrIsTTY: true }]) {
      const ran = await cli.run(argv, { env, fetch: hostile, stdin: 'tok_x\n', ...surroundings });
      expect(controlsIn(ran.stdout)).toEqual([]);
      expect(controlsIn(ran.stderr)).toEqual([]);
    }
  });

  it('holds no control characters of a saved server', async () => {
    const login = await cli.run(['login', serverUrl, '--email', cli.app.root.email, '--password-stdin'], {
      fetch: hostile,
      stdin: cli.app.root.password,
    });
    expect(controlsIn(login.stderr)).toEqual([]);
    const used = await cli.run(['servers', 'use', serverUrl]);
    expect(controlsIn(used.stderr + used.stdout)).toEqual([]);
  });

  it('asks no question with control characters', async () => {
    const before = cli.questions.length;
    const env = { TOKENS_SESSION: cli.app.root.session };
    await cli.run(['revoke', 'ci'], { env, fetch: hostile, answers: [false], columns: 80 });
    expect(controlsIn(cli.questions.slice(before).join(''))).toEqual([]);
  });

  it('keeps line breaks, tabs, colors and the clearing of a line', () => {
    const own = 'a\tb\n\u001b[1m\u001b[32mgreen\u001b[39m\u001b[22m\r\u001b[2K3 tokens …';
    expect(plain(own)).toBe(own);
    expect(plain(`a${attack}b`)).toBe('a]0;owned[2J[8m[1A2Jb');
  });
});
