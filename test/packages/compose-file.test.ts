import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { readCompose, readHttps } from '../helpers/packages/compose.ts';
import { readContainerfile } from '../helpers/packages/containerfile.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const run = promisify(execFile);
const project = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(project, path), 'utf8');
/** The published schema of Compose, from a linter. It allows no unknown field. */
const { $schema: _draft, ...schema } = JSON.parse(read('node_modules/dclint/schemas/compose.schema.json'));

const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);

describe('compose.yaml', () => {
  it.each([false, true])('follows the published schema; with mail: %s', (withMail) => {
    const file = readCompose({ withMail });
    expect([validate(file), validate.errors]).toEqual([true, null]);
    expect(Object.keys(file.secrets ?? {})).toEqual(withMail ? ['smtp-url'] : []);
    expect(file.services.tokensd?.secrets ?? []).toEqual(Object.keys(file.secrets ?? {}));
    const setting = file.services.tokensd?.environment?.TOKENSD_SMTP_URL_FILE;
    expect(setting).toBe(withMail ? '/run/secrets/smtp-url' : undefined);
    expect(validate({ ...file, services: { ...file.services, tokensd: { imagee: 'tokensd' } } })).toBe(false);
  });

  it('gives no service a right that it does not need, and publishes ports on this machine only', () => {
    for (const [name, service] of Object.entries(readCompose().services)) {
      expect([name, service.cap_drop, service.security_opt]).toEqual([name, ['ALL'], ['no-new-privileges:true']]);
      expect([name, service.read_only ?? false]).toEqual([name, service.image === 'tokensd']);
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
    }
  });

  it('gives the data to tokensd only, and its sockets to Caddy only', () => {
    const { services } = readCompose();
    const users = (volume: string) =>
      Object.keys(services).filter((name) => services[name]?.volumes.some((text) => text.startsWith(`${volume}:`)));
    expect([users('data'), users('sockets')]).toEqual([['tokensd'], ['tokensd', 'caddy']]);
    expect(services.caddy?.volumes).toContain('sockets:/run/tokensd:ro');
  });

  it('contains no secret', () => {
    for (const { environment = {} } of Object.values(readCompose({ withMail: true }).services))
      for (const name of Object.keys(environment))
        expect(name).not.toMatch(/(?:PASSWORD|SECRET|SMTP_URL|DATABASE_URL)$/);
  });

  it('agrees with the image', () => {
    const { tokensd } = readCompose().services;
    const { healthcheck, ports } = readContainerfile().config;
    expect(tokensd?.healthcheck?.test).toEqual(['CMD', ...healthcheck]);
    expect(tokensd?.ports?.map((text) => Number(text.split(':').at(-1)))).toEqual(ports);
  });
});

describe('examples/compose/https.yaml', () => {
  it('changes services of compose.yaml, and follows the published schema', () => {
    const { services, ...rest } = readHttps();
    const changed = Object.keys(services);
    expect(Object.keys(readCompose().services)).toEqual(expect.arrayContaining(changed));
    const merged = Object.fromEntries(changed.map((name) => [name, { image: name, ...services[name] }]));
    expect([validate({ services: merged, ...rest }), validate.errors]).toEqual([true, null]);
    // At a TCP port, Caddy would be no trusted proxy.
    expect(services.tokensd).toMatchObject({
      ports: [],
      environment: { TOKENSD_LISTEN: expect.stringMatching(/^unix:/) },
    });
  });
});

describe('the files for Caddy', () => {
  it('include examples/console/Caddyfile with another address', () => {
    const [, imported, ...lines] = read('examples/compose/Caddyfile-https').split('\n');
    // Without its comments on the settings, which https.yaml contains.
    const original = read('examples/console/Caddyfile').replaceAll(/^(?:#|\t# For TOKENSD_LISTEN).*\n/gm, '');
    expect(imported).toBe('import Caddyfile');
    expect(lines.join('\n').trim()).toBe(original.replace('127.0.0.1:8420', 'unix//run/tokensd/console.sock').trim());
    expect(read('examples/compose/Caddyfile-https')).toContain(
      new URL(readHttps().services.tokensd?.environment?.TOKENSD_PUBLIC_URL ?? '').host,
    );
  });

  it('include examples/Caddyfile with other addresses', () => {
    const [, ...lines] = read('examples/compose/Caddyfile').split('\n');
    const [, ...original] = read('examples/Caddyfile').split('\n');
    const edited = original
      .join('\n')
      .replace('127.0.0.1:8420', 'unix//run/tokensd/internal.sock')
      .replace('127.0.0.1:3000', 'app:3000');
    expect(lines.join('\n')).toBe(edited);
  });

  it.each(['Caddyfile', 'Caddyfile-https'])('are valid: %s', async (name) => {
    if (!hasRealParts('caddy')) return;
    const path = join(project, 'examples/compose', name);
    await run('caddy', ['validate', '--adapter', 'caddyfile', '--config', path]);
  });
});
