import { expect, it } from 'vitest';
import { parseUrl } from '../../shared/urls.ts';

it('returns the URL, or null for a text that contains none', () => {
  expect(parseUrl('https://tokens.example.com/a')?.href).toBe('https://tokens.example.com/a');
  expect(parseUrl('/a', 'https://tokens.example.com/b')?.pathname).toBe('/a');
  for (const text of ['', 'tokens.example.com', '/a', 'https://', 'https://a b']) expect(parseUrl(text)).toBeNull();
});

it('accepts the same text every time, however often it is asked', () => {
  for (let asked = 0; asked < 20_000; asked += 1) {
    if (parseUrl('https://bücher.example') === null) expect.fail(`Call ${asked} returned null.`);
  }
});
