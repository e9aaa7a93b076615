import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identityNames } from '../../cli/commands/doctor/advice.ts';

const examples = join(import.meta.dirname, '..', '..', 'examples');
const read = (name: string) => readFileSync(join(examples, name), 'utf8');
/** Returns the lines of an example without indentation, comments and empty lines. */
const linesOf = (...names: string[]) =>
  names
    .flatMap((name) => read(name).split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('the proxy configurations in examples/', () => {
  it.each([
    ...['nginx.conf', 'nginx/pass-on.conf', 'nginx/ask-tokensd.conf'],
    ...readdirSync(examples).filter((name) => name.startsWith('Caddyfile')),
    ...['haproxy.lua', 'apache.lua'],
    ...['traefik/tokens.yaml', 'traefik/people.yaml', 'traefik/middleware.yaml'],
    ...['envoy/envoy.yaml', 'envoy/security-policy.yaml'],
  ])('set every identity header: %s', (name) => {
    const text = read(name).toLowerCase();
    const spelled = (field: string) => [field, field.replaceAll('-', '_')].map((one) => one.toLowerCase());
    const missing = identityNames.filter((field) => {
      return !spelled(field).some((one) => new RegExp(`${one}(?![-_\\w])`).test(text));
    });
    expect(missing).toEqual([]);
  });

  /** Returns every spelling of a name with hyphens and underscores, itself first. */
  const spellingsOf = (name: string) =>
    name
      .split('-')
      .reduce<string[]>(
        (all, part) => (all.length === 0 ? [part] : all.flatMap((one) => [`${one}-${part}`, `${one}_${part}`])),
        [],
      );

  it.each(['traefik/tokens.yaml', 'traefik/people.yaml', 'traefik/middleware.yaml'])(
    'remove identity headers in every other spelling: %s',
    (name) => {
      const spellings = [...identityNames, 'X-Tokens-Authorization'].flatMap((field) => spellingsOf(field).slice(1));
      expect(linesOf(name)).toEqual(expect.arrayContaining(spellings.map((one) => `${one}: ""`)));
    },
  );

  it('remove the identities of both gates first on every way to the app: traefik/people.yaml', () => {
    const text = read('traefik/people.yaml');
    const toApp = [...text.matchAll(/middlewares: \[(.*)\]\n +service: app$/gm)].map(([, names = '']) =>
      names.split(', '),
    );
    expect(toApp.map(([first]) => first)).toEqual(Array(3).fill('without-identity'));
    const removed = /^ {4}without-identity:\n[\s\S]*?(?=^ {4}\S)/m.exec(text)?.[0];
    const people = ['X-Auth-Request-Email', 'Remote-User', 'Remote-Name', 'Remote-Email', 'Remote-Groups'];
    for (const one of [...identityNames, ...people.flatMap(spellingsOf)]) expect(removed).toContain(` ${one}: ""\n`);
  });

  it('have the same lines in nginx.conf and in the files that other configurations include', () => {
    const parts = linesOf(...readdirSync(join(examples, 'nginx')).map((name) => `nginx/${name}`));
    const ofOneMachine = /^(server|location|listen|access_log|proxy_pass|\})/;
    const plain = linesOf('nginx.conf').filter((line) => !ofOneMachine.test(line));
    expect(plain.filter((line) => !parts.includes(line))).toEqual([]);
    const added = parts.filter((line) => !ofOneMachine.test(line) && !plain.includes(line));
    expect(added).toEqual(['none $http_authorization;', 'none $http_x_api_key;']);
  });

  it.each(['Caddyfile-apps', 'Caddyfile-people', 'Caddyfile-authelia', 'Caddyfile-authentik'])(
    'have the lines of the plain Caddyfile: %s',
    (name) => {
      const lines = linesOf(name);
      const plain = linesOf('Caddyfile').filter((line) => line !== 'uri /verify/forward-auth' && line !== 'route {');
      expect(plain.filter((line) => !lines.includes(line))).toEqual([]);
    },
  );

  it('end no stream after a time: envoy/envoy.yaml and envoy/security-policy.yaml', () => {
    const routes = linesOf('envoy/envoy.yaml').filter((line) => line.startsWith('route: {'));
    expect(routes).toEqual(['route: { cluster: api, timeout: 0s }', 'route: { cluster: api, timeout: 0s }']);
    const rules = linesOf('envoy/security-policy.yaml').join('\n').split('backendRefs:').slice(2);
    const timeouts = linesOf('envoy/security-policy.yaml').filter((line) => line === 'timeouts: { request: 0s }');
    expect([rules.length, timeouts.length]).toEqual([2, 2]);
  });
});
