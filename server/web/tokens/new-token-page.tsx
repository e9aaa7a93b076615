import { workingPreviousValue } from '../../domain/tokens/status.ts';
import type { TokenRecord } from '../../store/records.ts';
import { Expiry, MinuteOf } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { type ListOfToken, listOfToken, tokenPath, tokensPath } from './token-paths.ts';

interface NewTokenPageProps {
  publicUrl: string;
  token: TokenRecord;
  /** The token's value. No other page shows it. */
  value: string;
  now: number;
  /** Whether the token existed before, and received a new value. */
  rotated?: boolean;
}

/** Shows the value of a token that was just created or rotated. */
export function NewTokenPage({ publicUrl, token, value, now, rotated = false }: NewTokenPageProps) {
  const what = rotated ? 'value' : 'token';
  const previous = workingPreviousValue(token, now);
  const list = listOfToken(token, useMember().id);
  return (
    <Layout
      title={`New ${what}`}
      section={list.section}
      success={rotated ? 'The token was rotated.' : 'The token was created.'}
    >
      <h1>Copy your new {what} now</h1>
      <p class="note warning">
        The value is shown only this once and can't be recovered. If you lose it,{' '}
        {rotated ? 'rotate the token again.' : 'revoke the token and create a new one.'}
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
        <dd>
          <Expiry at={token.expiresAt} now={now} />
        </dd>
        {rotated && (
          <>
            <dt>Old value</dt>
            <dd>
              {previous === null ? (
                'no longer works'
              ) : (
                <>
                  works until <MinuteOf at={previous.validUntil} />
                </>
              )}
            </dd>
          </>
        )}
      </dl>
      <h2>Try it</h2>
      <p>
        Run the first command, paste the value, and press Enter. Then run the second command. If the response starts
        with status 200, the token works. This does not count as a use. Your programs send the token in the same header.
      </p>
      <pre>{`read -rs TOKEN\ncurl -i -H "Authorization: Token $TOKEN" ${publicUrl}/api/v1/token`}</pre>
      {rotated ? (
        <p>
          <a class="button" href={tokenPath(token.id)}>
            Back to the token
          </a>
        </p>
      ) : (
        <BackTo list={list} />
      )}
    </Layout>
  );
}

/** Shown if the same form is sent again, for example on a reload. `token` is null if it has since been revoked. */
export function ValueAlreadyShownPage({ token, rotated = false }: { token: TokenRecord | null; rotated?: boolean }) {
  const list = token ? listOfToken(token, useMember().id) : ownList;
  return (
    <Layout title="New token" section={list.section}>
      <h1>The value was already shown</h1>
      {token ? (
        <p>
          This form already {rotated ? 'rotated' : 'created'} the token {token.name} (<code>{token.prefix}</code>). Its
          value can't be shown again. If you did not copy it,{' '}
          {rotated ? 'rotate the token again.' : 'revoke the token and create a new one.'}
        </p>
      ) : (
        <p>The token that this form created has since been revoked. No new token was created.</p>
      )}
      <BackTo list={list} />
    </Layout>
  );
}

const ownList: ListOfToken = { href: tokensPath, label: 'Back to your API tokens', section: tokensPath };

function BackTo({ list: { href, label } }: { list: ListOfToken }) {
  return (
    <p>
      <a class="button" href={href}>
        {label}
      </a>
    </p>
  );
}
