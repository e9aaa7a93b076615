import { Layout } from '../shell/layout.tsx';

/** Shows new recovery codes. No other page shows them. */
export function RecoveryCodesPage({ codes, next }: { codes: string[]; next: string }) {
  return (
    <Layout title="Recovery codes" section="" width="narrow" success="Two-factor sign-in is on.">
      <h1>Save your recovery codes</h1>
      <p class="note warning">
        If you lose your second factor, such as your authenticator app or your passkey, you can use one of these codes
        after your password instead. Each code works once. They are not shown again, so print them or save them in your
        password manager.
      </p>
      <pre data-secret>{codes.join('\n')}</pre>
      <p>
        <a class="button primary" href={next}>
          I have saved my codes
        </a>
      </p>
    </Layout>
  );
}
