import { count } from '../../../../shared/count.ts';
import { limits } from '../../../../shared/limits.ts';
import { isExpired, isPaused } from '../../../domain/tokens/status.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { Field, FormToken } from '../../shell/components/form.tsx';
import { Layout } from '../../shell/layout.tsx';
import { useMember, usePage } from '../../shell/page-context.ts';
import { formatUrl, type PageUrl, queryEntries } from '../../shell/page-url.ts';
import { formatLifetime } from '../expiry-choices.ts';
import { pauseChoices } from '../token-change-forms.ts';
import { tokenPath } from '../token-paths.ts';
import { type AskedTokens, type BulkAction, sectionOf } from './read-selection.ts';

const maxNamed = 10;
const dayMs = 24 * 60 * 60 * 1000;

interface ConfirmPageProps extends AskedTokens {
  action: BulkAction;
  /** URL of the list. */
  listUrl: PageUrl;
  now: number;
}

/** Asks for confirmation before tokens are changed. The form carries their IDs, so that exactly these are changed. */
export function ConfirmPage({ action, tokens, more, selectedBy, listUrl, now }: ConfirmPageProps) {
  const verb = verbs[action];
  const title = `${verb} ${count(tokens.length, 'token')}?`;
  const back = formatUrl(listUrl);
  const left = tokens.filter((token) => !isChanged[action](token, now));
  const changed = tokens.length - left.length;
  if (tokens.length === 0) return <NothingSelected action={action} listUrl={listUrl} />;
  return (
    <Layout title={title} section={sectionOf(listUrl)} width="narrow">
      <h1>{title}</h1>
      {more && (
        <p class="note warning">
          More tokens match. {count(limits.maxBulkTokens, 'token')} can be changed at once, so these are the first{' '}
          {limits.maxBulkTokens.toLocaleString('en')} of the list. Do the same again for the others.
        </p>
      )}
      <Consequences action={action} tokens={tokens} />
      <dl class="facts">
        <dt>Selected by</dt>
        <dd>
          <bdi>{selectedBy}</bdi>
        </dd>
        <dt>Used in the last 24 hours</dt>
        <dd>{usedSince(tokens, now - dayMs).toLocaleString('en')}</dd>
      </dl>
      <NamedTokens tokens={tokens} />
      {left.length > 0 && <LeftAsTheyAre action={action} left={left.length} />}
      {changed === 0 ? (
        <a class="button" href={back}>
          Back to the list
        </a>
      ) : (
        <ConfirmForm
          action={action}
          tokens={action === 'resume' ? tokens.filter((token) => !left.includes(token)) : tokens}
          listUrl={listUrl}
          submit={`${verb} ${count(changed, 'token')}`}
        />
      )}
    </Layout>
  );
}

function ConfirmForm({
  action,
  tokens,
  listUrl,
  submit,
}: Pick<ConfirmPageProps, 'action' | 'tokens' | 'listUrl'> & { submit: string }) {
  return (
    <form method="post" action={`${listUrl.path}/selected`}>
      <FormToken />
      <input type="hidden" name="action" value={action} />
      <input type="hidden" name="ids" value={tokens.map(({ id }) => id).join(' ')} />
      <input type="hidden" name="list" value={new URLSearchParams(queryEntries(listUrl)).toString()} />
      {action === 'pause' && <PauseFields />}
      <div class="actions">
        <a class="button" href={formatUrl(listUrl)}>
          Cancel
        </a>
        <button type="submit" class={action === 'revoke' ? 'danger' : 'primary'}>
          {submit}
        </button>
      </div>
    </form>
  );
}

const consequences: Readonly<Record<BulkAction, string>> = {
  revoke:
    'Every script, pipeline and program that uses one of these tokens stops working immediately. You cannot undo this.',
  pause:
    'Requests that use one of these tokens are rejected until its pause ends. To end it sooner, select the tokens again and resume them.',
  resume: 'Requests that use one of these tokens are accepted again, if its rules allow them.',
};

function Consequences({ action, tokens }: Pick<ConfirmPageProps, 'action' | 'tokens'>) {
  const { sendsMail } = usePage();
  const { superuser } = useMember();
  const keys = tokens.filter(({ manage }) => manage !== null).length;
  const told = action === 'revoke' ? 'Each owner gets a mail.' : 'Each owner but you gets a mail.';
  return (
    <p>
      {consequences[action]}
      {action === 'pause' &&
        keys > 0 &&
        !superuser &&
        ` Only an Organization Superuser can resume ${count(keys, 'management key')} among them.`}{' '}
      {sendsMail ? told : 'No mail server is set up, so tell the owners yourself.'}
    </p>
  );
}

/** The first tokens by name and owner, and how many there are besides. */
function NamedTokens({ tokens }: { tokens: readonly TokenRecord[] }) {
  const others = tokens.length - maxNamed;
  return (
    <ul class="named-tokens">
      {tokens.slice(0, maxNamed).map(({ id, name, prefix, ownerEmail }) => (
        <li>
          <a href={tokenPath(id)}>
            <bdi>{name}</bdi>
          </a>{' '}
          <span class="sub">
            <code>{prefix}</code> · {ownerEmail}
          </span>
        </li>
      ))}
      {others > 0 && <li>and {others.toLocaleString('en')} more</li>}
    </ul>
  );
}

const verbs: Readonly<Record<BulkAction, string>> = { revoke: 'Revoke', pause: 'Pause', resume: 'Resume' };

/** Reports whether the change would change a token. */
const isChanged: Readonly<Record<BulkAction, (token: TokenRecord, now: number) => boolean>> = {
  revoke: () => true,
  pause: (token, now) => !isPaused(token, now) && !isExpired(token, now),
  resume: (token, now) => isPaused(token, now) && !isExpired(token, now),
};

function LeftAsTheyAre({ action, left }: { action: BulkAction; left: number }) {
  const [one, more] =
    action === 'resume' ? ['is not paused', 'are not paused'] : ['is paused already', 'are paused already'];
  const stay =
    left === 1 ? `${one} or has expired, and stays as it is` : `${more} or have expired, and stay as they are`;
  return (
    <p>
      {left.toLocaleString('en')} of these {stay}.
    </p>
  );
}

function PauseFields() {
  return (
    <>
      <fieldset>
        <legend>How long?</legend>
        {pauseChoices.map((seconds) => (
          <label class="inline">
            <input type="radio" name="for" value={String(seconds)} checked={seconds === 0} required />
            {seconds === 0 ? 'until they are resumed' : `for ${formatLifetime(seconds)}`}
          </label>
        ))}
      </fieldset>
      <Field label="Reason (optional)" name="reason" autocomplete="off" />
    </>
  );
}

function NothingSelected({ action, listUrl }: Pick<ConfirmPageProps, 'action' | 'listUrl'>) {
  return (
    <Layout title="No token selected" section={sectionOf(listUrl)} width="narrow">
      <h1>No token selected</h1>
      <p>
        Go back to the list and select the tokens to {action} first. Tokens that somebody revoked meanwhile are gone.
      </p>
      <p>
        <a class="button" href={formatUrl(listUrl)}>
          Back to the list
        </a>
      </p>
    </Layout>
  );
}

function usedSince(tokens: readonly TokenRecord[], since: number): number {
  return tokens.filter(({ lastUse, previous }) => Math.max(lastUse?.at ?? 0, previous?.lastUse?.at ?? 0) > since)
    .length;
}
