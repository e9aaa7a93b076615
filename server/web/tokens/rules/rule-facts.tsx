import type { TokenRules } from '../../../domain/tokens/rules/token-rules.ts';

interface RuleFactsProps {
  /** They hold the names of apps. */
  rules: TokenRules;
  /** Whether the token is a management key, which makes no requests to apps. */
  isKey: boolean;
}

/** The rules of a token. */
export function RuleFacts({ rules: { apps, readOnly, allow, networks, enforce }, isKey }: RuleFactsProps) {
  const hasNone = apps === null && !readOnly && allow === null && networks === null;
  return (
    <>
      {hasNone && !isKey && (
        <>
          <dt>Rules</dt>
          <dd>
            none
            <span class="sub">It may make every request that its owner may make.</span>
          </dd>
        </>
      )}
      {!enforce && (
        <>
          <dt>Rules applied</dt>
          <dd>
            no
            <span class="sub">What the rules would deny is only counted.</span>
          </dd>
        </>
      )}
      <EntriesFact
        label="Apps"
        entries={apps}
        none={enforce ? 'none, so that every request is denied' : 'none: every request would be denied'}
      />
      {readOnly && (
        <>
          <dt>Methods</dt>
          <dd>only those that change nothing, such as GET</dd>
        </>
      )}
      <EntriesFact label="Allowed requests" entries={allow} />
      <EntriesFact label="Networks" entries={networks} />
    </>
  );
}

interface EntriesFactProps {
  label: string;
  entries: readonly string[] | null;
  /** The text for an empty list. */
  none?: string;
}

function EntriesFact({ label, entries, none }: EntriesFactProps) {
  if (entries === null) return null;
  return (
    <>
      <dt>{label}</dt>
      <dd>
        {entries.length === 0 && none}
        {entries.map((entry) => (
          <code class="entry">{entry}</code>
        ))}
      </dd>
    </>
  );
}
