import type { Child, PropsWithChildren } from 'hono/jsx';

/** Takes the place of a list that has nothing yet, and says so in a sentence. `children` say what to do next. */
export function EmptyList({ lead, children }: PropsWithChildren<{ lead: Child }>) {
  return (
    <div class="empty">
      <p class="lead">{lead}</p>
      {children}
    </div>
  );
}

interface NothingMatchesProps {
  /** A sentence that says so. */
  lead: Child;
  /** URL of the list without its filters. */
  clearHref: string;
  clear?: string;
}

/** Takes the place of a list whose filters match nothing. */
export function NothingMatches({ lead, clearHref, clear = 'Clear filters' }: NothingMatchesProps) {
  return (
    <EmptyList lead={lead}>
      <a href={clearHref}>{clear}</a>
    </EmptyList>
  );
}
