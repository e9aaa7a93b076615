/** Formats a count with its noun: `1 token`, `2 tokens`, `1,000 tokens`. Pass `plural` for irregular nouns. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? noun : plural}`;
}
