import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  await prepare();
});
afterEach(() => cli.close());

const day = 86_400;
const esc = '\u001b';
const yellow = (text: string) => `${esc}[33m${text}${esc}[39m`;
const red = (text: string) => `${esc}[31m${text}${esc}[39m`;
const green = (text: string) => `${esc}[32m${text}${esc}[39m`;

const soonInYellow = new RegExp(`${esc}\\[33m\\d+ \\w+ \\d{4} \\(in 6 days\\)${esc}\\[39m`);

async function prepare() {
  const create = async (name: string, days: number) =>
    (await createToken(cli.app, cli.app.dev, { name, expires_in: days * day })).id;
  await create('good', 90);
  await create('soon', 6);
  await create('over', 1 / 24);
  await create('turned', 90);
  await create('halted', 90);
  const denied = await create('refused', 90);
  const request = { method: 'GET', target: '/builds', peer: '203.0.113.9', forwardedFor: null, userAgent: null };
  cli.app.services.deniedUses.record(denied, 'path', { ...request, appId: null, wouldDeny: null });
  await cli.app.services.deniedUses.flush();
  const dev = cli.as(cli.app.dev);
  await cli.run(['rotate', 'turned', '--overlap', '3d'], dev);
  await cli.run(['pause', 'halted'], dev);
  cli.app.clock.advance(2 * 3_600_000);
}

const run = (argv: string[], more: Surroundings = {}) => {
  const dev = cli.as(cli.app.dev);
  return cli.run(argv, { ...dev, columns: 200, ...more, env: { ...dev.env, ...more.env } });
};
/** Returns the line of a table, or the field, that begins with this text. */
const lineOf = (stdout: string, start: string) =>
  stdout.split('\n').find((line) => stripVTControlCharacters(line).startsWith(start)) ?? '';

it('marks in a list the tokens that need attention, and says why in words', async () => {
  const { stdout } = await run(['list']);
  expect(lineOf(stdout, 'good')).toContain(green('active'));
  expect(lineOf(stdout, 'good')).not.toContain(`${esc}[33m`);
  expect(lineOf(stdout, 'soon')).toMatch(soonInYellow);
  expect(lineOf(stdout, 'over')).toContain(yellow('expired'));
  expect(lineOf(stdout, 'halted')).toContain(yellow('paused'));
  expect(lineOf(stdout, 'refused')).toContain(yellow('active, denied'));
  expect(lineOf(stdout, 'turned')).toContain(yellow('active, two values'));
});

it('leaves out of a narrow list what does not fit, but never the status', async () => {
  const narrow = (await run(['list'], { columns: 60 })).stdout;
  for (const line of stripVTControlCharacters(narrow).trimEnd().split('\n'))
    expect(line.length).toBeLessThanOrEqual(60);
  expect(lineOf(narrow, 'refused')).toContain('active');
});

it('marks the fields of a token that need attention', async () => {
  const show = async (name: string) => (await run(['show', name])).stdout;
  expect(await show('good')).not.toContain(esc);
  expect(lineOf(await show('soon'), 'Expires:')).toMatch(soonInYellow);
  expect(lineOf(await show('halted'), 'Status:')).toContain(yellow('paused'));
  expect(lineOf(await show('turned'), 'Old value:')).toContain(`${esc}[33mtok_`);
  expect(lineOf(await show('refused'), 'Last denied:')).toContain(`${esc}[33m2 hours ago`);
});

it('marks in the status what needs attention, and a session that is over', async () => {
  const { stdout } = await run(['status']);
  expect(stdout.split(`${esc}[33m`).length - 1).toBe(5);
  expect(stripVTControlCharacters(stdout)).toMatch(/turned \(tok_\w+\) has two values until/);
  const over = await run(['status'], { env: { TOKENS_SESSION: 'tokens_session_x' } });
  expect(over.stdout).toContain(red('not signed in, or the session has ended'));
});

it('marks in the report the counts of tokens that somebody should look at', async () => {
  const root = cli.as(cli.app.root);
  const { stdout } = await cli.run(['report'], { ...root, columns: 200 });
  expect(lineOf(stdout, '3  ')).toBe('');
  expect(lineOf(stdout, '1      expiring')).toContain(yellow('1'));
  expect(stdout).not.toContain(yellow('0'));
  expect(stripVTControlCharacters(lineOf(stdout, '4'))).toContain('active');
  expect(lineOf(stdout, '4')).not.toContain(esc);
});

const commands = [['list'], ['show', 'halted'], ['status']];

it.each(commands)('prints the same words without colors: %s %s', async (...argv) => {
  const colored = await run(argv);
  expect(colored.stdout).toContain(`${esc}[33m`);
  const words = stripVTControlCharacters(colored.stdout);
  expect((await run([...argv, '--no-color'])).stdout).toBe(words);
  expect((await run(argv, { env: { NO_COLOR: '1' } })).stdout).toBe(words);
  expect((await run(argv, { env: { FORCE_COLOR: '0' } })).stdout).toBe(words);
  expect((await run(argv, { env: { TERM: 'dumb' } })).stdout).toBe(words);
});

it.each(commands)('obeys FORCE_COLOR on a terminal only: %s %s', async (...argv) => {
  const { stdout } = await run(argv);
  const force = { env: { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' } };
  expect((await run(argv, force)).stdout).toBe(stdout);
  expect((await run([...argv, '--no-color'], force)).stdout).not.toContain(esc);
  const pipe = cli.as(cli.app.dev);
  const piped = await cli.run(argv, { ...pipe, env: { ...pipe.env, ...force.env } });
  expect(piped.stdout).not.toContain(esc);
});
