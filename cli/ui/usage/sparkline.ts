const bars = '▁▂▃▄▅▆▇█';

/** Returns one bar for each number, or for several in a row if there is not enough room. Zero is the lowest bar. */
export function sparkline(numbers: readonly number[], room: number): string {
  const perBar = Math.ceil(numbers.length / room);
  const sums = Array.from({ length: Math.ceil(numbers.length / perBar) }, (_, bar) =>
    numbers.slice(bar * perBar, (bar + 1) * perBar).reduce((total, number) => total + number, 0),
  );
  const highest = Math.max(1, ...sums);
  return sums.map((sum) => bars[Math.ceil((sum / highest) * (bars.length - 1))]).join('');
}
