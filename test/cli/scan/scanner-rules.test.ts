import { RE2JS } from 're2js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openTestCli, openTestCliWithApp, type TestCli } from '../../helpers/cli/cli.ts';
import { newValue } from '../../helpers/scan/values.ts';

let cli: TestCli;
beforeAll(async () => {
  cli = await openTestCli();
});
afterAll(() => cli.close());

/** Runs the command for a server whose values start with `acme_`. */
async function ruleOf(scanner: string, ...args: string[]) {
  const world = await openTestCliWithApp({ tokenPrefix: 'acme' });
  const ran = await world.run(['scanner', scanner, ...args]);
  await world.close();
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return ran.stdout;
}

/** Returns what a scanner with the regular expressions of Go reports. */
function findings(regex: string, text: string): string[] {
  const matcher = RE2JS.compile(regex).matcher(text);
  const found: string[] = [];
  while (matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

function expectToFindValues(regex: string): void {
  const [one, two] = [newValue('acme'), newValue('acme')];
  expect(findings(regex, `a="${one}"; b='${two}'\nhttps://x:${one}@h/?k=${two}&`)).toEqual([one, two, one, two]);
  for (const other of [newValue('tok'), newValue('stacme'), `${one}x`, one.slice(0, -1), one.replace('_', '-')]) {
    expect(findings(regex, ` ${other} `)).toEqual([]);
  }
}

/** Reads a value of a TOML file: a string in either form. */
const tomlValue = (text: string, key: string) => new RegExp(`^${key} = (?:'''(.*)'''|"(.*)")$`, 'm').exec(text);

describe('tokens scanner', () => {
  it('prints a rule of gitleaks that finds values with the regular expressions of RE2', async () => {
    const rule = await ruleOf('gitleaks');
    expectToFindValues(tomlValue(rule, 'regex')?.[1] ?? '');
    expect(rule).toContain('[extend]\nuseDefault = true\n');
    expect(rule).toContain('keywords = ["acme_"]');
    expect(tomlValue(rule, 'id')?.[2]).toBe('tokens-api-token');
  });

  it('prints a ruleset of GitLab that adds the same rule to the default ones', async () => {
    const ruleset = await ruleOf('gitlab');
    expect(ruleset).toMatch(/^\[\[secrets\.passthrough\]\]\ntype = "raw"\ntarget = "gitleaks\.toml"$/m);
    const [, inner = ''] = /^value = """\n(.*)"""$/ms.exec(ruleset) ?? [];
    // In such a string of TOML, only the backslash has to be escaped here.
    const rule = inner.replaceAll('\\\\', '\\');
    expect(rule).toContain('path = "/gitleaks.toml"');
    expectToFindValues(tomlValue(rule, 'regex')?.[1] ?? '');
  });

  it('prints a custom pattern of GitHub', async () => {
    const rule = await ruleOf('github');
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(rule)?.[1] ?? '';
    const surrounded = `(?:${field('Before secret')})${field('Secret format')}(?:${field('After secret')})`;
    const value = newValue('acme');
    expect(findings(surrounded, `x ${value};`)).toEqual([` ${value};`]);
    expect(findings(surrounded, `x${value}`)).toEqual([]);
    expect(findings(field('Secret format'), field('Test string'))).toEqual([field('Test string')]);
  });

  it('prints a custom detector of trufflehog that asks the server which values are live', async () => {
    const { detectors } = parse(await ruleOf('trufflehog'));
    expect(detectors).toEqual([
      {
        name: 'tokens',
        keywords: ['acme_'],
        regex: { value: expect.any(String) },
        verify: [
          {
            endpoint: 'https://tokens.example.com/leaks/verify',
            unsafe: false,
            headers: ['Authorization: Basic CREDENTIALS'],
            successRanges: ['200'],
            rotatedRanges: ['403'],
          },
        ],
      },
    ]);
    const { regex } = detectors[0];
    expectToFindValues(regex.value);
    // The scanner sends {"tokens":{"value":[MATCH, GROUP…]}}. Without a group, the match is the only element.
    expect(RE2JS.compile(regex.value).groupCount()).toBe(0);
  });

  it('takes prefixes from the options, and `tok` without a server', async () => {
    const two = await cli.run(['scanner', 'gitleaks', '--prefix', 'tok', '--prefix', 'acme']);
    expectToFindValues(tomlValue(two.stdout, 'regex')?.[1]?.replace('tok|', '') ?? '');
    expect(two.stdout).toContain('keywords = ["tok_", "acme_"]');
    expect((await cli.run(['scanner', 'github'])).stdout).toContain('Secret format: tok_[0-9A-Za-z]{38}');
    const json = JSON.parse((await cli.run(['scanner', 'github', '--json'])).stdout);
    expect(json).toEqual({ scanner: 'github', prefixes: ['tok'], rule: expect.stringContaining('tok_') });
  });

  it('needs a server for trufflehog, and knows no other scanner', async () => {
    expect(await cli.run(['scanner', 'trufflehog', '--prefix', 'tok'])).toMatchObject({ code: 2, stdout: '' });
    expect(await cli.run(['scanner', 'other'])).toMatchObject({ code: 2, stdout: '' });
  });
});
