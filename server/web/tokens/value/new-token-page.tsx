import { isPaused, workingPreviousValue } from '../../../domain/tokens/status.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { DateOf, MinuteOf } from '../../shell/components/time.tsx';
import { ValueDialog } from '../../shell/components/value-dialog.tsx';
import { Layout } from '../../shell/layout.tsx';
import { useMember } from '../../shell/page-context.ts';
import { listOfToken, tokenPath } from '../token-paths.ts';
import { ResumeStep } from '../trouble/after-pause.tsx';
import type { CalledAddress } from './called-address.ts';
import { SnippetTabs } from './snippet-tabs.tsx';

interface NewTokenPageProps {
  token: TokenRecord;
  /** The token's value. No other page shows it. */
  value: string;
  /** The address that the snippets call. */
  address: CalledAddress;
  now: number;
  /** Whether the token existed before, and received a new value. */
  rotated?: boolean;
}

/** Shows the value of a token that was just created or rotated. */
export function NewTokenPage({ token, value, address, now, rotated = false }: NewTokenPageProps) {
  const what = rotated ? 'value' : 'token';
  const list = listOfToken(token, useMember().id);
  const back = rotated ? { href: tokenPath(token.id), label: 'Back to the token' } : list;
  return (
    <Layout title={`New ${what}`} section={list.section}>
      <p>
        <a href={back.href}>{back.label}</a>
      </p>
      <h1>{token.name}</h1>
      <ValueDialog
        title={`Copy your new ${what} now`}
        label={`Value of ${token.name}`}
        value={value}
        doneHref={back.href}
        warning={
          <>
            The value is shown only this once and can't be recovered.{' '}
            {token.canary
              ? 'If you lose it, revoke the token and create a new one.'
              : 'If you lose it, rotate the token.'}
          </>
        }
      >
        <Facts token={token} now={now} rotated={rotated} />
        {!token.canary && <SnippetTabs address={address} isKey={token.manage !== null} />}
      </ValueDialog>
    </Layout>
  );
}

/** Says how the new value differs from the old one, and until when each works. */
function Facts({ token, now, rotated }: Required<Pick<NewTokenPageProps, 'token' | 'now' | 'rotated'>>) {
  const previous = workingPreviousValue(token, now);
  return (
    <p>
      Lists and logs show its prefix <code>{token.prefix}</code>. It{' '}
      {token.expiresAt === null ? (
        'never expires'
      ) : (
        <>
          expires on <DateOf at={token.expiresAt} />
        </>
      )}
      .
      {rotated &&
        (previous === null ? (
          ' The old value no longer works.'
        ) : (
          <>
            {' '}
            The old value works until <MinuteOf at={previous.validUntil} />.
          </>
        ))}
      {rotated && isPaused(token, now) && (
        <>
          {' '}
          The token is still paused. The new value works when the pause ends. Give it to its program, then{' '}
          <ResumeStep token={token} />.
        </>
      )}
    </p>
  );
}
