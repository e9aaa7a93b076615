/** A number that leads to the list of what it counts. */
export interface Card {
  /** The label: what the number counts. */
  label: string;
  /** An explanation in one sentence. */
  hint?: string;
  /** A number, or a text such as `10,000+`. */
  found: number | string;
  href: string;
  /** A second, smaller number with its own list. */
  more?: { text: string; href: string } | undefined;
  /** Whether somebody must act now. Such a card is as wide as all of them. */
  isAlarm?: boolean;
}

/** Numbers side by side. The zeros are pale, so that the others are seen first. */
export function Cards({ cards, label }: { cards: readonly Card[]; label: string }) {
  return (
    <ul class={cards.filter(({ isAlarm }) => !isAlarm).length > 5 ? 'cards' : 'cards one-row'} aria-label={label}>
      {cards.map(({ label, hint, found, href, more, isAlarm }) => (
        <li class={isAlarm ? 'alarm' : undefined}>
          <a href={href}>
            <span class={found === 0 || found === '0' ? 'number none' : 'number'}>{found.toLocaleString('en')}</span>{' '}
            <span class="label">{label}</span>
            {hint !== undefined && <span class="sub">{hint}</span>}
          </a>
          {more && (
            <a class="more" href={more.href}>
              {more.text}
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The card about canaries that somebody used, if there are any. It is an alarm: only a leak reveals the value of a canary. */
export function usedCanariesCard(used: number, found: string | number, href: string): Card[] {
  if (used === 0) return [];
  return [
    {
      label: used === 1 ? 'canary was used' : 'canaries were used',
      hint: 'Somebody presented a value that only a leak reveals. Find out who could read the place where it was planted.',
      found,
      href,
      isAlarm: true,
    },
  ];
}
