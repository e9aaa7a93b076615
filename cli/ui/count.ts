/** Returns `1 token`, `2 tokens`, `1,000 tokens`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
