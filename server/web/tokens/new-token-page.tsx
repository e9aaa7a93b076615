import type { AppContext } from '../../http/context.ts';
import type { TokenRecord } from '../../store/records.ts';
import { Layout } from '../shell/layout.tsx';
import { Time } from '../shell/parts.tsx';
import { tokensPath } from './api-tokens-page.tsx';

interface NewTokenProps {
  c: AppContext;
  organization: string | null;
  publicUrl: string;
  token: TokenRecord;
  /** The whole value: this page is the only one that ever shows it. */
  value: string;
  now: number;
}

/** The value of a token that was just made. */
export function NewTokenPage({ c, organization, publicUrl, token, value, now }: NewTokenProps) {
  return (
    <Layout c={c} title="New token" organization={organization} tab={tokensPath} done="The token was created.">
      <h1>Copy your new token now</h1>
      <p class="note warning">
        This is the only time that the value is shown. It is stored nowhere and can't be recovered: if you lose it,
        revoke the token and create another one.
      </p>
      <label for="token-value">Value of {token.name}</label>
      <div class="secret">
        <input id="token-value" class="mono" value={value} readonly autocomplete="off" spellcheck={false} data-secret />
        <button type="button" class="primary" data-copy="token-value" hidden>
          Copy
        </button>
        <span id="token-value-copied" role="status" />
      </div>
      <dl class="facts">
        <dt>Prefix</dt>
        <dd>
          <code>{token.prefix}</code>
        </dd>
        <dt>Expires</dt>
        <dd>{token.expiresAt === null ? 'never' : <Time at={token.expiresAt} now={now} />}</dd>
      </dl>
      <h2>Try it</h2>
      <p>
        Run the first line, paste the value and press Enter; then run the second. An answer that begins with 200 says
        that the token works, and your list shows its first use. Your programs send it in the same header.
      </p>
      <pre>{`read -rs TOKEN\ncurl -i -H "Authorization: Token $TOKEN" ${publicUrl}/verify/forward-auth`}</pre>
      <p>
        <a class="button" href={tokensPath}>
          Back to your tokens
        </a>
      </p>
    </Layout>
  );
}

interface ShownProps {
  c: AppContext;
  organization: string | null;
  /** Null: it was revoked since. */
  token: TokenRecord | null;
}

/** The same form sent again, as by a reload: the value is gone. */
export function ShownAlreadyPage({ c, organization, token }: ShownProps) {
  return (
    <Layout c={c} title="New token" organization={organization} tab={tokensPath}>
      <h1>The value was shown once already</h1>
      {token ? (
        <p>
          The token {token.name} (<code>{token.prefix}</code>) was created, and nothing was created again. Its value
          can't be shown a second time: if you did not copy it, revoke the token and create another one.
        </p>
      ) : (
        <p>The token that this form created was revoked since. Nothing was created again.</p>
      )}
      <p>
        <a class="button" href={tokensPath}>
          Back to your tokens
        </a>
      </p>
    </Layout>
  );
}
