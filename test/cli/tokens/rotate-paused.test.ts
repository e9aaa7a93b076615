import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToken, verdict } from '../../helpers/app/app.ts';
import { onTerminal, openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let old: string;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  old = (await createToken(cli.app, cli.app.dev, { name: 'ci', expires_in: 90 * 86_400 })).token;
  await run(['pause', 'ci']);
});
afterEach(() => cli.close());

const run = (argv: string[], more: Surroundings = {}) => cli.run(argv, { ...cli.as(cli.app.dev), ...more });
const verdicts = (...values: string[]) => Promise.all(values.map((value) => verdict(cli.app, value.trimEnd())));
const stays =
  'ci stays paused. The new value works when the pause ends. To end it: tokens resume ci. If a superuser paused it, ask one.\n';

describe('tokens rotate with a paused token', () => {
  it.each([[[]], [['--overlap', '1h']], [['--end-previous']]])(
    'exits 5 with %j, and names the command that ends the old value',
    async (argv) => {
      const ran = await run(['rotate', 'ci', ...argv]);
      expect(ran).toMatchObject({ code: 5, stdout: '' });
      expect(ran.stderr).toContain(
        'ci is paused, so it can be rotated only if its old value ends at once: `tokens rotate ci --overlap 0`. It then stays paused.',
      );
      expect(await verdicts(old)).toEqual(['paused']);
    },
  );

  it('prints the new value with --overlap 0, and says in a pipe as well that the token stays paused', async () => {
    const ran = await run(['rotate', 'ci', '--overlap', '0']);
    expect(ran).toMatchObject({ code: 0, stderr: stays });
    expect(await verdicts(old, ran.stdout)).toEqual(['rotated', 'paused']);
    await run(['resume', 'ci']);
    expect(await verdicts(old, ran.stdout)).toEqual(['rotated', 200]);
    expect((await run(['rotate', 'ci', '--overlap', '0'])).stderr).toBe('');
  });

  it('says that the token has expired, if it has, and names no other way', async () => {
    await createToken(cli.app, cli.app.dev, { name: 'brief', expires_in: 3600 });
    await run(['pause', 'brief']);
    cli.app.clock.advance(2 * 3_600_000);
    const ran = await run(['rotate', 'brief']);
    expect(ran.code).toBe(5);
    expect(ran.stderr).not.toContain('--overlap');
  });

  it('prints only the object with --json', async () => {
    const ran = await run(['rotate', 'ci', '--overlap', '0', '--json']);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(JSON.parse(ran.stdout)).toMatchObject({ name: 'ci', status: 'paused', previous: null });
  });

  it('names a command that works if the value could not be written', async () => {
    const ran = await run(['rotate', 'ci', '--overlap', '0'], { stdoutFails: 'EPIPE' });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('Get another one with `tokens rotate ci --overlap 0`.');
    expect((await run(['rotate', 'ci', '--overlap', '0'])).code).toBe(0);
  });
});

describe('tokens ensure with a paused token', () => {
  it.each([[[]], [['--overlap', '0']]])('rotates nothing with %j, and names the ways on', async (argv) => {
    const directory = await mkdtemp(join(tmpdir(), 'ensure-paused-'));
    try {
      const file = join(directory, 'token');
      await run(['resume', 'ci']);
      expect((await run(['ensure', 'ci', '--out', file])).code).toBe(0);
      const value = await readFile(file, 'utf8');
      await run(['pause', 'ci']);
      const ran = await run(['ensure', 'ci', '--out', file, ...argv]);
      expect(ran).toMatchObject({ code: 5, stdout: '' });
      expect(ran.stderr).toContain(
        'ci is paused, so its value was not replaced. Resume it with `tokens resume ci`; if a superuser paused it, ask one. If the value was stolen, end it first: `tokens rotate ci --overlap 0`.',
      );
      expect([await readFile(file, 'utf8'), await verdicts(value)]).toEqual([value, ['paused']]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
