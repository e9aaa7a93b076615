import { describe, expect, it } from 'vitest';
import { formatOrganization, readOrganization as readWith } from '../../../cli/organization/file/document.ts';

const readOrganization = (text: string) => {
  const { organization, mistakes } = readWith(text);
  return { organization, mistakes };
};
/** Returns the mistakes in a text as `line:column: text`. */
const mistakesIn = (text: string) =>
  readOrganization(text).mistakes.map(({ line, column, text }) => `${line}:${column}: ${text}`);

describe('the file of the declared state', () => {
  it('is read from YAML and from JSON', () => {
    const apps = [{ name: 'grafana', groups: ['developers'] }];
    expect(readOrganization('apps:\n  - name: grafana\n    groups: [developers]\n')).toEqual({
      organization: { apps },
      mistakes: [],
    });
    const json = JSON.stringify({ $schema: 'x', apps }, null, '\t');
    expect(readOrganization(json)).toEqual({ organization: { $schema: 'x', apps }, mistakes: [] });
  });

  it('accepts an alias of a list', () => {
    const text =
      'members:\n  - { email: ada@example.com, groups: &all [developers] }\n  - { email: bob@example.com, groups: *all }\n';
    expect(readOrganization(text)).toMatchObject({
      organization: { members: [{ groups: ['developers'] }, { groups: ['developers'] }] },
      mistakes: [],
    });
  });

  it('is normalized as the server stores it', () => {
    const text = 'apps:\n  - { name: wiki, hosts: [Wiki.Example.com.], groups: [/developers, developers] }\n';
    expect(readOrganization(text).organization.apps).toEqual([
      { name: 'wiki', hosts: ['wiki.example.com'], groups: ['developers'] },
    ]);
  });

  it('gives ten different mistakes ten positions', () => {
    const text = `members:
  - email: ada@example.com
    superuser: yes please
    grups: [developers]
  - name: Bob
  - email: ADA@example.com
  - email: nobody
app:
  - name: wiki
apps:
  - name: Grafana
  - name: wiki
    name: wiki
  - name: shop
    groups: developers
    max_expiry: 90d
  - name: 123
`;
    expect(mistakesIn(text)).toEqual([
      '3:16: members[0].superuser must be true or false.',
      '4:5: members[0].grups is not known. Did you mean "groups"?',
      '5:5: members[1].email is required.',
      '6:12: members[2].email is the same as members[0].email.',
      '7:12: members[3].email: Enter an email address such as ada@example.com.',
      '8:1: app is not known. Did you mean "apps"?',
      '11:11: apps[0].name: The name of an app has 1 to 63 lowercase letters, digits and hyphens, and does not begin with a hyphen.',
      '13:5: This key appears twice.',
      '15:13: apps[2].groups must be a list of names.',
      '16:17: apps[2].max_expiry must be a whole number of seconds.',
      '17:11: apps[3].name must be text. Put it in quotes.',
    ]);
  });

  it.each([
    ['', '1:1: The file is empty.'],
    ['# nothing\n', '1:1: The file is empty.'],
    ['just text', '1:1: The file must be a map of sections, such as members and apps.'],
    ['- name: wiki', '1:1: The file must be a map of sections, such as members and apps.'],
    ['apps:\n', '1:6: apps must be a list of apps. Write [] for an empty list, or leave it out.'],
    ['apps: wiki', '1:7: apps must be a list of apps.'],
    ['apps: [wiki]', '1:8: apps[0] must be a map.'],
    ['apps: []\n---\nclients: []\n', '2:1: Only one document is accepted in a file.'],
    ['apps: *all', '1:7: There is no anchor &all before this alias.'],
    ['apps: !ours []', '1:7: Tags such as !this are not accepted.'],
    ['\ufeffapps: 1\r\n', '1:8: apps must be a list of apps.'],
    ['apps: []\r\nclients: 1\r\n', '2:10: clients must be a list of clients.'],
    ['apps: { wiki: {} }', '1:7: apps must be a list of apps.'],
    ['? [a]\n: b\n', '1:3: A key must be text.'],
    ['members: [{ email: a@example.com, superuser: yes }]', '1:46: members[0].superuser must be true or false.'],
    ['apps: [{ name: a, max_expiry: 1e400 }]', '1:31: apps[0].max_expiry must be a whole number of seconds.'],
    ['apps: [{ name: a, __proto__: {} }]', '1:19: apps[0].__proto__ is not known.'],
  ])('reports the mistake in %j', (text, mistake) => {
    expect(mistakesIn(text)[0]).toBe(mistake);
  });

  it('reports one mistake for each value', () => {
    expect(mistakesIn('apps: [{ name: a, max_expiry: 99999999999999999999 }]')).toHaveLength(1);
  });

  it('reads words of YAML 1.1 and dates as text', () => {
    const text = 'members: [{ email: a@example.com, name: 2024-01-01, groups: [no, on, 0o7x] }]';
    expect(readOrganization(text)).toMatchObject({
      organization: { members: [{ name: '2024-01-01', groups: ['no', 'on', '0o7x'] }] },
      mistakes: [],
    });
  });

  it('reports where a text is not YAML', () => {
    expect(mistakesIn('apps:\n\t- name: wiki\n')[0]).toMatch(/^2:1: /);
    expect(mistakesIn('apps: [{ name: "wiki }]')[0]).toMatch(/^1:24: /);
  });

  it('never repeats a secret that is in the wrong place', () => {
    const value = 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE';
    const found = mistakesIn(`clients:\n  - name: ${value}\n    ${value}: 1\n`);
    expect(found).toHaveLength(2);
    expect(found.join()).not.toContain(value);
  });

  it.each([
    ['many levels of aliases', bomb()],
    ['an alias of itself', 'apps: &a [*a]\n'],
    ['deep nesting', `apps: ${'['.repeat(50_000)}`],
  ])('rejects %s in less than two seconds', (_what, text) => {
    const before = performance.now();
    expect(readOrganization(text).mistakes.length).toBeGreaterThan(0);
    expect(performance.now() - before).toBeLessThan(2000);
  });

  it('is written so that it is read as the same', () => {
    const organization = {
      members: [{ email: 'ada@example.com', name: 'yes', groups: ['on', '123', 'a: b'] }],
      apps: [{ name: 'wiki', url: null, hosts: [], max_expiry: 3600, preflight: 'deny' as const }],
    };
    const text = formatOrganization(organization, 'https://tokens.example.com/schemas/organization.json');
    expect(text.split('\n')[0]).toBe(
      '# yaml-language-server: $schema=https://tokens.example.com/schemas/organization.json',
    );
    expect(readOrganization(text)).toEqual({ organization, mistakes: [] });
    // Programs that follow YAML 1.1 read an unquoted `on` as true.
    expect(text).toContain('"on"');
  });
});

/** Returns a small text that stands for billions of values. */
function bomb(): string {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const below = level === 0 ? '"x"' : `*l${level - 1}`;
    return `l${level}: &l${level} [${Array.from({ length: 10 }, () => below).join()}]`;
  });
  return `${levels.join('\n')}\napps: *l11\n`;
}
