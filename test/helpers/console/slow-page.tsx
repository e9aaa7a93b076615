import { Hono } from 'hono';
import type { AuthenticatedSession } from '../../../server/domain/sign-in/sessions.ts';
import type { AppEnv } from '../../../server/http/context.ts';
import { FormToken } from '../../../server/web/shell/components/form.tsx';
import { Layout } from '../../../server/web/shell/layout.tsx';
import { useMember, usePage } from '../../../server/web/shell/page-context.ts';
import { renderPages } from '../../../server/web/shell/page-renderer.tsx';

/**
 * An app with one page per member, at `/EMAIL`. Part of the page is an async component that reads the page context before
 * and after it waits for all members' pages to get there.
 */
export function slowPages(members: readonly AuthenticatedSession[]) {
  let arrived = 0;
  let release = () => {};
  const allArrived = new Promise<void>((resolve) => {
    release = resolve;
  });

  async function SlowPart() {
    const before = useMember().email;
    arrived += 1;
    if (arrived === members.length) release();
    await allArrived;
    return (
      <p>
        {before} {useMember().email} {usePage().requestId}
        <FormToken />
      </p>
    );
  }

  const app = new Hono<AppEnv>().use(
    renderPages({ organization: null, publicUrl: 'https://tokens.example.com', sendsMail: true, hasSso: false }),
  );
  for (const { user, session } of members) {
    app.get(`/${user.email}`, (c) => {
      const clientInfo = { ip: null, userAgent: null };
      c.set('caller', { user, sessionId: session.id, clientInfo, channel: 'console' });
      c.set('requestId', `request of ${user.email}`);
      c.set('formToken', `form token of ${user.email}`);
      return c.render(
        <Layout title="Slow" section="">
          <SlowPart />
          <FormToken />
        </Layout>,
      );
    });
  }
  return app;
}
