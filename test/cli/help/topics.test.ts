import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { environment } from '../../../cli/help/environment.ts';
import { exitCodes } from '../../../cli/help/exit-codes.ts';
import { helpTopics } from '../../../cli/help/topic-names.ts';
import { openTestCli } from '../../helpers/cli/cli.ts';

const cli = await openTestCli();

it.each(helpTopics)('explains the topic %s at the width of the terminal', async (topic) => {
  const { code, stdout, stderr } = await cli.run(['help', topic], { columns: 60 });
  expect([code, stderr]).toEqual([0, '']);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
  expect((await cli.run(['--help'])).stdout).toContain(topic);
});

it('lists every variable of the settings page, and every exit code', async () => {
  const page = await readFile('docs/settings.md', 'utf8');
  const rows = page.slice(page.indexOf('## The command line')).match(/^\| `.*?` \|/gm) ?? [];
  const documented = rows.map((row) => /`(\w+)`/.exec(row)?.[1]);
  expect(Object.keys(environment).sort()).toEqual([...new Set(documented)].sort());
  const { stdout } = await cli.run(['help', 'environment']);
  for (const name of Object.keys(environment)) expect(stdout).toContain(`\n  ${name}\n`);
  const codes = (await cli.run(['help', 'exit-codes'])).stdout;
  for (const exit of Object.keys(exitCodes)) expect(codes).toContain(`\n  ${exit}\n`);
});

it('explains exit code 4 of `tokens test`, and how JSON looks', async () => {
  const codes = (await cli.run(['help', 'exit-codes'], { columns: 400 })).stdout;
  expect(codes).toContain('For check and test: the request would be denied.');
  const formatting = (await cli.run(['help', 'formatting'], { columns: 400 })).stdout;
  expect(formatting).toContain('In a pipe, each object or array is one line; on a terminal, it is indented.');
});
