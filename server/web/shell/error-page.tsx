import { PublicAddress } from './components/public-address.tsx';
import { Layout } from './layout.tsx';
import { usePage } from './page-context.ts';

interface ErrorPageProps {
  title: string;
  detail: string;
  /** Whether the cause may be that the browser opened the console at another address than the public URL. */
  atOtherAddress: boolean;
}

/** Describes a failure. The request ID lets an operator find it in the log. */
export function ErrorPage({ title, detail, atOtherAddress }: ErrorPageProps) {
  const { requestId } = usePage();
  return (
    <Layout title={title} section="" width="narrow">
      <h1>{title}</h1>
      <p>{detail}</p>
      {atOtherAddress && <PublicAddress />}
      <p>
        <a href="/">Back to the start page</a>
      </p>
      <p class="hint">
        Request ID: <code>{requestId}</code>
      </p>
    </Layout>
  );
}
