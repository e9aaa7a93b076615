import { Hono } from 'hono';
import type { AppEnv } from '../../../server/http/context.ts';
import { findAsset } from '../../../server/web/shell/assets.ts';
import { Layout } from '../../../server/web/shell/layout.tsx';
import { renderPages } from '../../../server/web/shell/page-renderer.tsx';
import { Controls } from './controls.tsx';
import { type DialogName, dialogs } from './dialogs.tsx';
import { Foundations } from './foundations.tsx';
import { Lists } from './lists.tsx';
import { superuser } from './samples.ts';

const styles = `
  .sample.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 0.75rem; }
  .sample.row { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
  .states td, .states th { padding: 0.375rem 1rem 0.375rem 0; text-align: left; font-weight: 450; }
  iframe { width: 100%; height: 30rem; margin-bottom: 1rem; border: 1px solid var(--line); border-radius: var(--radius); }
`;

/** The page of the design system. Only the screenshots open it: tokensd has no such route. */
export function designSystem() {
  const app = new Hono<AppEnv>();
  app.use(
    renderPages({ organization: 'Northwind', publicUrl: 'https://tokens.example.com', sendsMail: true, hasSso: false }),
    (c, next) => {
      const clientInfo = { ip: null, userAgent: null };
      c.set('caller', { user: superuser, sessionId: 'sample', clientInfo, channel: 'console' });
      c.set('requestId', 'sample');
      c.set('formToken', 'sample');
      return next();
    },
  );
  app.get('/assets/:file', (c) => {
    const asset = findAsset(c.req.param('file'));
    return asset === null ? c.notFound() : c.body(asset.body, 200, { 'Content-Type': asset.type });
  });
  app.get('/dialogs/:name', (c) => {
    const show = dialogs[decodeURIComponent(c.req.param('name')) as DialogName];
    return c.render(
      <Layout title="Dialog" section="/profile/api-tokens">
        <h1>API tokens</h1>
        {show()}
      </Layout>,
    );
  });
  app.get('/', (c) =>
    c.render(
      <Layout title="Design system" section="/overview" success="Bob was invited.">
        <style>{styles}</style>
        <div class="heading">
          <h1>Design system</h1>
          <a class="button primary" href="/">
            One primary button a page
          </a>
        </div>
        <p class="lead">Every component of the console, in each state.</p>
        <Foundations />
        <Controls />
        <Lists />
        <h2>Dialogs</h2>
        {Object.keys(dialogs).map((name) => (
          <>
            <p>{name}</p>
            <iframe title={name} src={`/dialogs/${encodeURIComponent(name)}`} />
          </>
        ))}
      </Layout>,
    ),
  );
  return app;
}
