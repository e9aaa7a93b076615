import type { Child } from 'hono/jsx';
import { count } from '../../../../shared/count.ts';
import type { BulkOutcome, SkipReason } from '../../../../shared/schemas/tokens/bulk.ts';
import { Alert, FormToken } from '../../shell/components/form.tsx';
import { MinuteOf } from '../../shell/components/time.tsx';
import { Layout } from '../../shell/layout.tsx';
import { useMember } from '../../shell/page-context.ts';
import { formatUrl, type PageUrl, queryEntries } from '../../shell/page-url.ts';
import { tokenPath } from '../token-paths.ts';
import { afterOwnRotation, afterRotationByOwner } from '../trouble/after-pause.tsx';
import { type BulkAction, type ConfirmedChange, sectionOf } from './read-selection.ts';

interface OutcomePageProps {
  change: ConfirmedChange;
  outcome: BulkOutcome;
  listUrl: PageUrl;
  /** When a pause that was asked for ends. Null if it lasts until somebody resumes the tokens. */
  until: number | null;
}

const participles: Readonly<Record<BulkAction, string>> = { revoke: 'revoked', pause: 'paused', resume: 'resumed' };

const reasons: Readonly<Record<SkipReason, string>> = {
  'already-revoked': 'already revoked',
  'already-paused': 'already paused',
  canary: 'a canary, which is paused only on its page',
  expired: 'expired',
  'not-allowed': 'you may not change it',
  transferred: 'has another owner since',
  'not-found': 'no longer there, or not yours to see',
};

/** The outcome of a change of many tokens, for each token. Sending the confirmation again shows that nothing is left to do. */
export function OutcomePage({ change, outcome, listUrl, until }: OutcomePageProps) {
  const { done, skipped, failed } = outcome;
  const participle = participles[change.action];
  const title = `${count(done.length, 'token')} ${done.length === 1 ? 'was' : 'were'} ${participle}`;
  return (
    <Layout title={title} section={sectionOf(listUrl)} width="narrow">
      <h1>{title}</h1>
      {done.length > 0 && (
        <p>
          Requests that use {done.length === 1 ? 'it' : 'them'}{' '}
          {change.action === 'resume' ? 'are accepted again, if the rules allow them.' : 'are now denied'}
          {change.action === 'revoke' && '.'}
          {change.action === 'pause' && <UntilResumed until={until} isOne={done.length === 1} />}
        </p>
      )}
      {change.action === 'pause' && <NextStep done={done} />}
      {failed.length > 0 && <Failures {...{ change, outcome, listUrl }} />}
      {skipped.length > 0 && (
        <Names heading={`Skipped: ${skipped.length.toLocaleString('en')}`} open>
          {skipped.map(({ id, name, owner, reason }) => (
            <Name name={name ?? id} about={[owner, reasons[reason]]} />
          ))}
        </Names>
      )}
      {done.length > 0 && (
        <Names
          heading={`${participle[0]?.toUpperCase()}${participle.slice(1)}: ${done.length.toLocaleString('en')}`}
          open={done.length <= 20}
        >
          {done.map(({ id, name, owner, prefix }) => (
            <Name id={id} name={name} about={[prefix, owner]} />
          ))}
        </Names>
      )}
      <p>
        <a class="button" href={formatUrl(listUrl)}>
          Back to the list
        </a>
      </p>
    </Layout>
  );
}

function UntilResumed({ until, isOne }: Pick<OutcomePageProps, 'until'> & { isOne: boolean }) {
  if (until === null) return <> until {isOne ? 'it is' : 'they are'} resumed.</>;
  return (
    <>
      , until <MinuteOf at={until} />.
    </>
  );
}

/** Says what to do after a pause, which ends nothing. Superusers rotate no token of others. */
function NextStep({ done }: Pick<BulkOutcome, 'done'>) {
  const { superuser, email } = useMember();
  if (done.length === 0) return null;
  const mayRotate = !superuser || done.every(({ owner }) => owner === email);
  return (
    <p>
      {mayRotate
        ? `If a value leaked, rotate its token before the pause ends. ${afterOwnRotation}`
        : `If a value leaked, its owner can rotate the token before the pause ends. ${afterRotationByOwner}`}{' '}
      If the pause was a mistake, resume {done.length === 1 ? 'the token' : 'the tokens'}.
    </p>
  );
}

/** The tokens that were not reached, and a form that tries again with exactly these. */
function Failures({ change, outcome: { failed }, listUrl }: Omit<OutcomePageProps, 'until'>) {
  const { action, pause } = change;
  const [first] = failed;
  return (
    <>
      <Alert>
        {count(failed.length, 'token')} could not be {participles[action]}. {first?.detail}
      </Alert>
      <Names heading={`Not ${participles[action]}: ${failed.length.toLocaleString('en')}`} open>
        {failed.map(({ id, name, owner, prefix }) => (
          <Name id={id} name={name} about={[prefix, owner]} />
        ))}
      </Names>
      <form method="post" action={`${listUrl.path}/selected`}>
        <FormToken />
        <input type="hidden" name="action" value={action} />
        <input type="hidden" name="ids" value={failed.map(({ id }) => id).join(' ')} />
        <input type="hidden" name="list" value={new URLSearchParams(queryEntries(listUrl)).toString()} />
        {pause.for !== undefined && <input type="hidden" name="for" value={String(pause.for)} />}
        {pause.reason !== undefined && <input type="hidden" name="reason" value={pause.reason} />}
        <button type="submit" class="primary">
          Try again with these
        </button>
      </form>
    </>
  );
}

function Names({ heading, open, children }: { heading: string; open: boolean; children?: Child }) {
  return (
    <details open={open} class="outcome">
      <summary>{heading}</summary>
      <ul class="named-tokens">{children}</ul>
    </details>
  );
}

interface NameProps {
  /** The token whose page the name leads to. A token that was skipped may be gone, or belong to somebody else. */
  id?: string;
  name: string;
  about: ReadonlyArray<string | null>;
}

function Name({ id, name, about }: NameProps) {
  const shown = <bdi>{name}</bdi>;
  return (
    <li>
      {id === undefined ? shown : <a href={tokenPath(id)}>{shown}</a>}{' '}
      <span class="sub">{about.filter((part) => part !== null).join(' · ')}</span>
    </li>
  );
}
