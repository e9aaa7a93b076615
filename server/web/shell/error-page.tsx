import { Layout } from './layout.tsx';
import { usePage } from './page-context.ts';

/** Describes a failure. The request ID lets an operator find it in the log. */
export function ErrorPage({ title, detail }: { title: string; detail: string }) {
  const { requestId } = usePage();
  return (
    <Layout title={title} tab="" width="narrow">
      <h1>{title}</h1>
      <p>{detail}</p>
      <p>
        <a href="/">Back to the start page</a>
      </p>
      <p class="hint">
        Request ID: <code>{requestId}</code>
      </p>
    </Layout>
  );
}
