import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { registerApp } from '../../helpers/gate/gated.ts';

/** Text that does not become smaller than half by compression, as real names do. */
const text = (length: number) => randomBytes(length).toString('base64url').slice(0, length);

it('keeps the longest list of tokens within 60 KB: its HTML, stylesheet and script, compressed with gzip', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  const names = [text(40).toLowerCase().replace(/\W/g, 'x'), text(40).toLowerCase().replace(/\W/g, 'x')];
  for (const name of names) await registerApp(app.store, `a${name}`);
  for (let index = 0; index < 50; index += 1) {
    const owner = await app.addMember({ email: `${text(60)}@${text(20)}.example.com`, can_manage_tokens: true });
    await createToken(app, owner, {
      name: text(64),
      description: text(200),
      expires_in: 86_400 * (index + 1),
      apps: names.map((name) => `a${name}`),
      allow: ['GET /**'],
      networks: ['203.0.113.0/24', `198.51.100.${index}`],
    });
  }
  const tokens = await app.store.tokens.list({ limit: 50, before: null, now: app.clock.now() });
  const use = { at: app.clock.now(), method: 'GET', path: '/', ip: '203.0.113.9', userAgent: 'curl/8' };
  await app.store.tokens.recordUses(tokens.map(({ id }) => ({ tokenId: id, ...use })));

  const browser = openConsole(app, app.root);
  const { html } = await browser.get('/organization/tokens');
  expect(html.match(/<th scope="row">/g)).toHaveLength(50);
  const files = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+\.(?:css|js)[^"]*)"/g)].map(([, path = '']) => path);
  expect(files).toHaveLength(2);
  const bodies = [html, ...(await Promise.all(files.map(async (path) => (await browser.get(path)).html)))];
  const sizes = bodies.map((body) => gzipSync(body).length);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(60_000);
});
