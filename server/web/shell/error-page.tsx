import type { AppContext } from '../../http/context.ts';
import { Layout } from './layout.tsx';

interface ErrorProps {
  c: AppContext;
  organization: string | null;
  title: string;
  detail: string;
}

/** A failure in the clothes of the other pages, with the id that finds it in the log. */
export function ErrorPage({ c, organization, title, detail }: ErrorProps) {
  return (
    <Layout c={c} title={title} organization={organization} tab="" width="narrow">
      <h1>{title}</h1>
      <p>{detail}</p>
      <p>
        <a href="/">Back to the start</a>
      </p>
      <p class="hint">
        Request id: <code>{c.get('requestId')}</code>
      </p>
    </Layout>
  );
}
