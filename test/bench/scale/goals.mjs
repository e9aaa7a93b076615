/** Creates a row of the table of goals. A ratio is without a unit. */
const goal = (sign) => (limit) => (name, value, unit) => ({
  ...{ name, value, unit, limit, sign },
  isReached: sign === '≥' ? value >= limit : value <= limit,
});

export const atLeast = goal('≥');
export const atMost = goal('≤');

/** Rounds a value to three significant digits, as a text with its unit. */
export function shown(value, unit) {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`.trim();
}
