/** Formats a count with its noun: `1 token`, `2 tokens`, `1,000 tokens`. `plural` is for nouns that do not just take an s. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? noun : plural}`;
}
