import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { readChanges, readCompose } from '../helpers/packages/compose.ts';
import { readContainerfile } from '../helpers/packages/containerfile.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const run = promisify(execFile);
const project = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(project, path), 'utf8');
/** The published schema of Compose, from a linter. It allows no unknown field. */
const { $schema: _draft, ...schema } = JSON.parse(read('node_modules/dclint/schemas/compose.schema.json'));

const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);

describe('compose.yaml', () => {
  it('follows the published schema', () => {
    const file = readCompose();
    expect([validate(file), validate.errors]).toEqual([true, null]);
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
    const files = [readCompose(), readChanges('https.yaml'), readChanges('mail.yaml')];
    for (const { environment = {} } of files.flatMap(({ services }) => Object.values(services)))
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

describe('the files in examples/compose', () => {
  it.each(['https.yaml', 'mail.yaml'] as const)(
    'change services of compose.yaml, and follow the schema: %s',
    (name) => {
      const { services, ...rest } = readChanges(name);
      const changed = Object.keys(services);
      expect(Object.keys(readCompose().services)).toEqual(expect.arrayContaining(changed));
      const merged = Object.fromEntries(changed.map((one) => [one, { image: one, ...services[one] }]));
      expect([validate({ services: merged, ...rest }), validate.errors]).toEqual([true, null]);
    },
  );

  it('move the console to a socket, because Caddy would be no trusted proxy at a TCP port', () => {
    const { services } = readChanges('https.yaml');
    expect(services.tokensd).toMatchObject({
      ports: [],
      environment: { TOKENSD_LISTEN: expect.stringMatching(/^unix:/) },
    });
    const { CONSOLE_HOST } = services.caddy?.environment ?? {};
    expect(services.tokensd?.environment?.TOKENSD_PUBLIC_URL).toBe(`https://${CONSOLE_HOST}`);
  });

  it('read the URL of the mail server from a file that Git ignores', async () => {
    const { services, secrets } = readChanges('mail.yaml');
    expect(services.tokensd?.secrets).toEqual(Object.keys(secrets ?? {}));
    expect(services.tokensd?.environment?.TOKENSD_SMTP_URL_FILE).toBe('/run/secrets/smtp-url');
    expect((await run('git', ['check-ignore', 'smtp-url', '.env'], { cwd: project })).stdout).toBe('smtp-url\n.env\n');
  });
});

describe('the files for Caddy', () => {
  it('include examples/console/Caddyfile with another address', () => {
    const [, imported, ...lines] = read('examples/compose/Caddyfile-https').split('\n');
    // Without its comments on the settings, which https.yaml contains.
    const original = read('examples/console/Caddyfile').replaceAll(/^(?:#|\t# For TOKENSD_LISTEN).*\n/gm, '');
    expect(imported).toBe('import Caddyfile');
    const edited = original
      .replace('tokens.example.com {', '{$CONSOLE_HOST} {')
      .replace('127.0.0.1:8420', 'unix//run/tokensd/console.sock');
    expect(lines.join('\n').trim()).toBe(edited.trim());
  });

  it('include examples/Caddyfile with other addresses', () => {
    const [, ...lines] = read('examples/compose/Caddyfile').split('\n');
    const [, ...original] = read('examples/Caddyfile').split('\n');
    const edited = original
      .join('\n')
      .replace('127.0.0.1:8420', 'unix//run/tokensd/internal.sock')
      .replace('127.0.0.1:3000', '{$API_ADDRESS:app:3000}');
    expect(lines.join('\n')).toBe(edited);
  });

  it.each(['Caddyfile', 'Caddyfile-https'])('are valid: %s', async (name) => {
    if (!hasRealParts('caddy')) return;
    const path = join(project, 'examples/compose', name);
    const env = { ...process.env, CONSOLE_HOST: 'tokens.example.com' };
    await run('caddy', ['validate', '--adapter', 'caddyfile', '--config', path], { env });
  });
});
