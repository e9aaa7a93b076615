/** Returns the number with its noun, such as `1 token` or `2 tokens`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
