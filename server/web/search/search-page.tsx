import type { Child } from 'hono/jsx';
import { maxSearchLength, type SearchResults } from '../../domain/search/search.ts';
import type { StatusContext } from '../../store/records.ts';
import { auditPath } from '../audit/audit-paths.ts';
import { Alert } from '../shell/components/form.tsx';
import { NothingMatches } from '../shell/components/lists/empty-list.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl } from '../shell/page-url.ts';
import { allTokensPath } from '../tokens/all/all-tokens-paths.ts';
import { tokensPath } from '../tokens/token-paths.ts';
import {
  AppResult,
  EndedTokenResult,
  MemberResult,
  ResultSection,
  ServiceAccountResult,
  TokenResult,
} from './results.tsx';
import { searchPath } from './search-paths.ts';

interface SearchPageProps {
  text: string;
  /** Undefined if nothing was searched. */
  results?: SearchResults | undefined;
  problem?: 'secret' | 'too-long' | undefined;
  /** Email addresses of superusers, whom a member can ask. Empty for those who find everything. */
  superusers: readonly string[];
  statusContext: StatusContext;
}

const problems = {
  secret:
    'The address contained the value of a token or another secret, so nothing was searched. Search for its first characters instead, such as tok_8fK2b1Qz. A proxy may have logged the address: replace the value.',
  'too-long': `A search can have at most ${maxSearchLength} characters. Shorten it.`,
} as const;

/** The results of a search, the best of each kind first. */
export function SearchPage({ text, results, problem, superusers, statusContext }: SearchPageProps) {
  const member = useMember();
  const everything = member.superuser || member.auditor;
  const help = <SearchHelp text={text} everything={everything} superusers={superusers} />;
  return (
    <Layout title={text === '' ? 'Search' : `${text} · Search`} section="" search={text}>
      <h1>
        {text === '' ? (
          'Search'
        ) : (
          <>
            Results for “<bdi>{text}</bdi>”
          </>
        )}
      </h1>
      {problem !== undefined && <Alert>{problems[problem]}</Alert>}
      {results === undefined ? (
        help
      ) : (
        <Results text={text} results={results} everything={everything} help={help} statusContext={statusContext} />
      )}
    </Layout>
  );
}

interface ResultsProps {
  text: string;
  results: SearchResults;
  everything: boolean;
  /** Shown if nothing matches. */
  help: Child;
  statusContext: StatusContext;
}

function Results({ text, results, everything, help, statusContext }: ResultsProps) {
  const { tokens, endedTokens, serviceAccounts, members, apps, isComplete } = results;
  const isEmpty = [tokens, endedTokens, serviceAccounts, members, apps].every(({ items }) => items.length === 0);
  const allTokens = everything ? formatUrl({ path: allTokensPath, query: { q: text } }) : undefined;
  return (
    <>
      {isEmpty && <NothingMatches lead="Nothing matches." clearHref={searchPath} clear="Clear the search" />}
      <ResultSection kind="Tokens" results={tokens} allHref={allTokens} allLabel="All tokens with this in their name">
        {(found) => <TokenResult {...found} statusContext={statusContext} withOwner={everything} />}
      </ResultSection>
      <ResultSection kind="Service accounts" results={serviceAccounts}>
        {(account) => <ServiceAccountResult account={account} withTokens={everything} />}
      </ResultSection>
      <ResultSection kind="Members" results={members}>
        {(user) => <MemberResult user={user} />}
      </ResultSection>
      <ResultSection kind="Apps" results={apps}>
        {(app) => <AppResult app={app} />}
      </ResultSection>
      <ResultSection
        kind="Ended tokens"
        results={endedTokens}
        allHref={formatUrl({ path: everything ? allTokensPath : tokensPath, query: { status: 'revoked', q: text } })}
        allLabel="Ended tokens with this in their name"
      >
        {(found) => <EndedTokenResult {...found} now={statusContext.now} withOwner={everything} />}
      </ResultSection>
      {!isComplete && (
        <p class="hint">
          There are very many tokens or members. Among all of them, the search finds names, addresses and prefixes by
          how they begin. It looks for “<bdi>{text}</bdi>” in the middle of a name, and in descriptions, among the
          newest 10,000 only. {allTokens !== undefined && <a href={allTokens}>Search the names of all tokens</a>}
        </p>
      )}
      {isEmpty && help}
    </>
  );
}

interface SearchHelpProps extends Pick<SearchPageProps, 'text' | 'superusers'> {
  everything: boolean;
}

function SearchHelp({ text, everything, superusers }: SearchHelpProps) {
  return (
    <p class="hint">
      {everything
        ? 'Search for the name, description, owner or prefix of a token, or for a member, a service account or an app. '
        : `To find out who owns the token of somebody else, ask an Organization Superuser: ${superusers.join(', ')}. Search for the name, description or prefix of one of your tokens, or of a service account that you maintain. `}
      A prefix can be that of a value before the last rotation. Tokens that ended in the last 90 days are found by name
      and prefix. A token that a job obtained through a trust is found by its prefix only. Never paste a whole value.
      {everything && text !== '' && (
        <>
          {' '}
          You can also <a href={formatUrl({ path: auditPath, query: { target: text } })}>look in the audit log</a>.
        </>
      )}
    </p>
  );
}
