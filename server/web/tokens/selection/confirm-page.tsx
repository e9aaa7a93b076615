import { count } from '../../../../shared/count.ts';
import { limits } from '../../../../shared/limits.ts';
import { reasonNotToPause } from '../../../domain/tokens/bulk/reasons.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { Field, FormToken } from '../../shell/components/form.tsx';
import { Layout } from '../../shell/layout.tsx';
import { useMember, usePage } from '../../shell/page-context.ts';
import { formatUrl, type PageUrl, queryEntries } from '../../shell/page-url.ts';
import { formatLifetime } from '../expiry-choices.ts';
import { pauseChoices } from '../token-change-forms.ts';
import { tokenPath } from '../token-paths.ts';
import { afterOwnRotation, afterRotationByOwner } from '../trouble/after-pause.tsx';
import { type AskedTokens, type BulkAction, sectionOf } from './read-selection.ts';

const maxNamed = 10;
const dayMs = 24 * 60 * 60 * 1000;

interface ConfirmPageProps extends AskedTokens {
  action: BulkAction;
  /** URL of the list. */
  listUrl: PageUrl;
  /** URL of the page that asks before the same tokens are paused. */
  pauseHref: string;
  now: number;
}

/** Asks for confirmation before tokens are changed. The form carries their IDs, so that exactly these are changed. */
export function ConfirmPage({ now, ...asked }: ConfirmPageProps) {
  const { action, tokens, more, selected, listUrl } = asked;
  if (tokens.length === 0) return <NothingToChange {...asked} />;
  const change = `${verbs[action]} ${count(tokens.length, 'token')}`;
  return (
    <Layout title={`${change}?`} section={sectionOf(listUrl)} width="narrow">
      <h1>{change}?</h1>
      {more && (
        <p class="note warning">
          More tokens match. {count(limits.maxBulkTokens, 'token')} can be changed at once, so these are the first{' '}
          {tokens.length.toLocaleString('en')} of the list. Do the same again for the others.
        </p>
      )}
      <Consequences action={action} tokens={tokens} />
      {action === 'revoke' && <PauseInstead tokens={tokens} href={asked.pauseHref} now={now} />}
      <dl class="facts">
        <dt>Selected</dt>
        <dd>
          <bdi>{selected}</bdi>
        </dd>
        <dt>Used in the last 24 hours</dt>
        <dd>{tokens.filter((token) => wasUsedSince(token, now - dayMs)).length.toLocaleString('en')}</dd>
      </dl>
      <NamedTokens tokens={tokens} />
      <LeftAsTheyAre {...asked} />
      <ConfirmForm action={action} tokens={tokens} listUrl={listUrl} submit={change} />
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

const consequences: Readonly<Record<BulkAction, { one: string; several: string }>> = {
  revoke: {
    one: 'Every script, pipeline and program that uses this token stops working immediately. You cannot undo this.',
    several:
      'Every script, pipeline and program that uses one of these tokens stops working immediately. You cannot undo this.',
  },
  pause: {
    one: 'Requests that use this token are denied until its pause ends. Then its value works again. To end the pause sooner, resume the token.',
    several:
      'Requests that use one of these tokens are denied until its pause ends. Then its value works again. To end the pause sooner, select the tokens again and resume them.',
  },
  resume: {
    one: 'Requests that use this token are accepted again, if its rules allow them.',
    several: 'Requests that use one of these tokens are accepted again, if its rules allow them.',
  },
};

function Consequences({ action, tokens }: Pick<ConfirmPageProps, 'action' | 'tokens'>) {
  const { id, superuser } = useMember();
  const mayRotate = !superuser || tokens.every(({ ownerId }) => ownerId === id);
  const keys = tokens.filter(({ manage }) => manage !== null).length;
  return (
    <p>
      {consequences[action][tokens.length === 1 ? 'one' : 'several']}
      {action === 'pause' && ` ${remedyOfLeak(mayRotate)}`}
      {action === 'pause' &&
        keys > 0 &&
        !superuser &&
        ` Only an Organization Superuser can resume ${count(keys, 'management key')} among them.`}{' '}
      <Told action={action} tokens={tokens} />
    </p>
  );
}

/** Says what to do about a leaked value. A superuser rotates no token of others. */
function remedyOfLeak(mayRotate: boolean): string {
  return mayRotate
    ? `If a value leaked, pause its token now, then rotate it. ${afterOwnRotation}`
    : `If a value leaked, pause its token now. Then its owner can rotate it. ${afterRotationByOwner}`;
}

/** Offers a pause, which can be undone, if something used one of the tokens lately. */
function PauseInstead({ tokens, href, now }: Pick<ConfirmPageProps, 'tokens' | 'now'> & { href: string }) {
  const used = tokens.filter((token) => wasUsedSince(token, now - dayMs) && reasonNotToPause(token, now) === null);
  if (used.length === 0) return null;
  return (
    <p class="note warning">
      Something still uses {tokens.length === 1 ? 'it' : `${used.length.toLocaleString('en')} of them`}. A pause denies
      the same requests, and can be ended. <a href={href}>Pause instead</a>
    </p>
  );
}

/** Says who gets a mail, or that none is sent. Says nothing if nobody else is affected. */
function Told({ action, tokens }: Pick<ConfirmPageProps, 'action' | 'tokens'>) {
  const { sendsMail } = usePage();
  const { id } = useMember();
  const areOwn = tokens.every(({ ownerId }) => ownerId === id);
  const isOne = tokens.length === 1;
  if (!sendsMail) {
    return <>{areOwn ? '' : `No mail server is set up, so tell ${isOne ? 'its owner' : 'the owners'} yourself.`}</>;
  }
  if (action === 'revoke') return <>{areOwn ? 'You get a mail.' : `${isOne ? 'Its' : 'Each'} owner gets a mail.`}</>;
  return <>{areOwn ? '' : isOne ? 'Its owner gets a mail.' : 'Each owner but you gets a mail.'}</>;
}

/** The first tokens by name and owner, and how many more there are. */
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

/** Says how many of the selected tokens the change leaves as they are, and why. */
function LeftAsTheyAre({
  action,
  tokens,
  unchanged,
  canaries,
  notAllowed,
}: Pick<ConfirmPageProps, 'action' | 'tokens' | 'unchanged' | 'canaries' | 'notAllowed'>) {
  const token = tokens.length === 0 ? 'selected token' : 'more selected token';
  const not = action === 'resume' ? 'not paused' : 'paused already';
  const [are, have, stay] = unchanged === 1 ? ['is', 'has', 'stays as it is'] : ['are', 'have', 'stay as they are'];
  return (
    <>
      {unchanged > 0 && (
        <p>
          {count(unchanged, token)} {are} {not} or {have} expired, and {stay}.
        </p>
      )}
      {canaries > 0 && <p>{canariesText(canaries)}</p>}
      {notAllowed > 0 && <p>{count(notAllowed, token)} can only be resumed by a superuser.</p>}
    </>
  );
}

/** Says that canaries are not paused together with tokens, and why. */
function canariesText(canaries: number): string {
  const [stays, them, page] =
    canaries === 1 ? ['stays as it is', 'it', 'its page'] : ['stay as they are', 'them', 'their pages'];
  return `${count(canaries, 'canary', 'canaries')} ${stays}: a pause would only stop the mails about ${them}. You can pause ${them} on ${page}.`;
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

/** Says that nothing was selected, or that the change does not apply to any selected token. */
function NothingToChange(asked: Omit<ConfirmPageProps, 'now'>) {
  const { action, listUrl, unchanged, canaries, notAllowed, more } = asked;
  const isSelected = unchanged + canaries + notAllowed > 0;
  const title = isSelected ? `No token to ${action}` : 'No token selected';
  return (
    <Layout title={title} section={sectionOf(listUrl)} width="narrow">
      <h1>{title}</h1>
      {isSelected ? (
        <LeftAsTheyAre {...asked} />
      ) : (
        <p>
          Go back to the list and select the tokens to {action} first. Tokens that somebody revoked meanwhile are gone.
        </p>
      )}
      {more && <p>More tokens match. Add a filter to the list to reach them.</p>}
      <p>
        <a class="button" href={formatUrl(listUrl)}>
          Back to the list
        </a>
      </p>
    </Layout>
  );
}

function wasUsedSince({ lastUse, previous }: TokenRecord, since: number): boolean {
  return Math.max(lastUse?.at ?? 0, previous?.lastUse?.at ?? 0) > since;
}
