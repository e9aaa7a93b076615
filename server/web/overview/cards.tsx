/** A number that leads to the list of what it counts. */
export interface Card {
  /** What is counted. */
  label: string;
  /** More about it, in one sentence. */
  hint?: string;
  /** A number, or a text such as `10,000+`. */
  found: number | string;
  href: string;
}

/** Numbers side by side. The zeros are pale, so that the others are seen first. */
export function Cards({ cards, label }: { cards: readonly Card[]; label: string }) {
  return (
    <ul class={cards.length > 5 ? 'cards' : 'cards one-row'} aria-label={label}>
      {cards.map(({ label, hint, found, href }) => (
        <li>
          <a href={href}>
            <span class={found === 0 ? 'number none' : 'number'}>{found.toLocaleString('en')}</span>{' '}
            <span class="label">{label}</span>
            {hint !== undefined && <span class="sub">{hint}</span>}
          </a>
        </li>
      ))}
    </ul>
  );
}
