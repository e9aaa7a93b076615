import { randomUUID } from 'node:crypto';
import { workingPreviousValue } from '../../../domain/tokens/status.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { FormToken } from '../../shell/components/form.tsx';
import { Layout } from '../../shell/layout.tsx';
import { useMember } from '../../shell/page-context.ts';
import { type ListOfToken, listOfToken, tokenPath, tokensPath } from '../token-paths.ts';

interface ValueAlreadyShownPageProps {
  /** Null if it has since been revoked. */
  token: TokenRecord | null;
  now: number;
  /** Whether the form rotated the token. By default, it created the token. */
  rotated?: boolean;
}

/** Shown if the same form is sent again, for example on a reload. The page offers to replace a lost value. */
export function ValueAlreadyShownPage({ token, now, rotated = false }: ValueAlreadyShownPageProps) {
  const list = token ? listOfToken(token, useMember().id) : ownList;
  return (
    <Layout title={token ? token.name : 'New token'} section={list.section}>
      <p>
        <a href={list.href}>{list.label}</a>
      </p>
      <h1>The value was already shown</h1>
      {token === null ? (
        <p>The token that this form created has since been revoked. No new token was created.</p>
      ) : (
        <>
          <p>
            This form already {rotated ? 'rotated' : 'created'} the token <a href={tokenPath(token.id)}>{token.name}</a>{' '}
            (<code>{token.prefix}</code>). Its value can't be shown again.
          </p>
          <LostValue token={token} now={now} />
        </>
      )}
    </Layout>
  );
}

const ownList: ListOfToken = { href: tokensPath, label: 'Back to your API tokens', section: tokensPath };

/** The form that replaces a lost value at once. Nobody rotates a canary, whose value never works. */
function LostValue({ token, now }: { token: TokenRecord; now: number }) {
  if (token.canary) return <p>If you did not save it, revoke the token and create a new one.</p>;
  const previous = workingPreviousValue(token, now);
  return (
    <form method="post" action={`${tokenPath(token.id)}/rotate`}>
      <FormToken />
      <input type="hidden" name="key" value={randomUUID()} />
      <input type="hidden" name="overlap" value="0" />
      <input type="hidden" name="ends" value={previous?.prefix ?? ''} />
      <p>
        If you did not save it, rotate the token. It gets a new value, which is shown once.{' '}
        {previous === null ? (
          <>
            The value <code>{token.prefix}</code> stops working at once.
          </>
        ) : (
          <>
            The values <code>{token.prefix}</code> and <code>{previous.prefix}</code> stop working at once.
          </>
        )}
      </p>
      <button type="submit" class="primary">
        Rotate now
      </button>
    </form>
  );
}
