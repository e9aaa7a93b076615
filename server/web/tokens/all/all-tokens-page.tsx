import { formatDuration } from '../../../../shared/times/duration.ts';
import type { AppNames } from '../../../domain/tokens/rules/shown-rules.ts';
import type { StatusContext, TokenRecord } from '../../../store/records.ts';
import { settingsPath } from '../../settings/settings-paths.ts';
import { EmptyList, NothingMatches } from '../../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../../shell/components/next-page-link.tsx';
import { MinuteOf } from '../../shell/components/time.tsx';
import { Layout } from '../../shell/layout.tsx';
import { useMember } from '../../shell/page-context.ts';
import { formatUrl } from '../../shell/page-url.ts';
import type { ListCounts } from '../list/attention.ts';
import { AttentionLine } from '../list/attention-line.tsx';
import { type Preselected, SelectionBar } from '../selection/selection-bar.tsx';
import { TokenList } from '../token-list.tsx';
import { tokenPath, tokensPath } from '../token-paths.ts';
import { allTokensPath } from './all-tokens-paths.ts';
import { FilterChips, FilterForm } from './filter-form.tsx';
import { type FilterErrors, type FilterValues, selectingNames } from './token-filters.ts';

interface AllTokensPageProps {
  values: FilterValues;
  errors: FilterErrors;
  tokens: TokenRecord[];
  /** The names of the apps in the rules of the tokens. */
  names: AppNames;
  /** IDs of the service accounts among the owners that the reader maintains. */
  maintained: ReadonlySet<string>;
  nextCursor: string | null;
  cursor: string | undefined;
  preselected: Preselected;
  /** Null if a filter is wrong. */
  counts: ListCounts | null;
  /** The longest time for which a token may work, in seconds. Null: there is no limit. */
  maxExpiry: number | null;
  statusContext: StatusContext;
}

/** The tokens of all members and service accounts, newest first. An auditor only reads them. */
export function AllTokensPage(props: AllTokensPageProps) {
  const {
    values,
    errors,
    tokens,
    names,
    maintained,
    cursor,
    nextCursor,
    preselected,
    counts,
    maxExpiry,
    statusContext,
  } = props;
  const { id: readerId, superuser } = useMember();
  const selection = superuser
    ? { preselected, listUrl: { path: allTokensPath, query: { ...values, cursor } } }
    : undefined;
  const valid = Object.keys(errors).length === 0;
  return (
    <Layout title="All tokens" section={allTokensPath}>
      <div class="heading">
        <h1>All tokens</h1>
        {valid && (
          <a class="button" href={formatUrl({ path: `${allTokensPath}.csv`, query: { ...values } })} download>
            Download CSV
          </a>
        )}
      </div>
      <FilterForm values={values} errors={errors} total={counts?.total ?? 0} />
      <FilterChips path={allTokensPath} values={values} errors={errors} />
      {counts !== null && <AttentionLine path={allTokensPath} kept={ownersOf(values)} counts={counts} />}
      {valid && values.no_expiry === 'true' && <NeverExpiring values={values} maxExpiry={maxExpiry} />}
      {tokens.length > 0 && (
        <TokenList
          caption="Tokens of all members and service accounts"
          sorting={{ listUrl: { path: allTokensPath, query: values }, total: counts?.total ?? 0 }}
          tokens={tokens}
          names={names}
          statusContext={statusContext}
          withOwners
          selection={selection}
          actionsOf={
            superuser
              ? ({ id, ownerId }) => ({
                  actsAsOwner: ownerId === readerId || maintained.has(ownerId),
                  revokeHref: `${tokenPath(id)}?dialog=revoke`,
                })
              : null
          }
        />
      )}
      {valid && tokens.length === 0 && (
        <NoTokens filtered={selectingNames.some((name) => values[name] !== undefined)} now={statusContext.now} />
      )}
      <NextPageLink
        href={nextCursor === null ? null : formatUrl({ path: allTokensPath, query: values }, { cursor: nextCursor })}
      />
      {selection && tokens.length > 0 && counts !== null && (
        <SelectionBar {...selection} shown={tokens.length} total={counts.total} />
      )}
    </Layout>
  );
}

/** Returns the filters that say whose tokens the list has, and its order. */
function ownersOf({ owner, known_to, sort }: FilterValues): FilterValues {
  return {
    ...(owner !== undefined && { owner }),
    ...(known_to !== undefined && { known_to }),
    ...(sort !== undefined && { sort }),
  };
}

/**
 * Says which tokens a list of those that never expire leaves out, and whether new ones may be like these. The list may be evidence, which its
 * reader must be able to judge.
 */
function NeverExpiring({ values, maxExpiry }: Pick<AllTokensPageProps, 'values' | 'maxExpiry'>) {
  const hasCanaries = values.canaries !== undefined && values.canaries !== 'false';
  return (
    <p class="attention">
      <span>
        {!hasCanaries && 'Without canaries, whose values never work. '}
        Tokens that jobs receive through a trust always expire. Maximum expiry of new tokens:{' '}
        <a class="aside" href={`${settingsPath}#TOKENSD_MAX_EXPIRY`}>
          {maxExpiry === null ? 'none' : formatDuration(maxExpiry)}
        </a>
        .
      </span>
    </p>
  );
}

/** Says that there are none. An auditor may need the page as evidence, so it has the time. */
function NoTokens({ filtered, now }: { filtered: boolean; now: number }) {
  const lead = (
    <>
      0 tokens match, as of <MinuteOf at={now} />.
    </>
  );
  if (filtered) return <NothingMatches lead={lead} clearHref={allTokensPath} />;
  return (
    <EmptyList lead="Nobody has a token yet.">
      <p>
        A token lets a script, a pipeline or another program call your organization's APIs. Members create theirs under{' '}
        <a href={tokensPath}>API tokens</a>.
      </p>
    </EmptyList>
  );
}
