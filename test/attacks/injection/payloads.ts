import { chromium } from 'playwright-core';
import { chromiumPath } from '../../helpers/console/browser.ts';

/** Valid names that are dangerous in SQL, HTML, a spreadsheet, a mail, a log or a terminal if they are not escaped. */
export const texts = [
  "'; DROP TABLE users; --",
  "' OR '1'='1",
  "%' ESCAPE '!",
  '%_%',
  '\\',
  '$1 ? ?? :name',
  '<script>window.pwned=1</script>',
  '"><img src=x onerror=window.pwned=1>',
  "' onmouseover='window.pwned=1",
  '</title></textarea><svg onload=window.pwned=1>',
  'javascript:window.pwned=1//',
  '<a href="//evil.example" data-copy=x>&lt;&#60;',
  '</dialog><iframe srcdoc="<b>">',
  `{{7*7}}#\${7*7}`,
  '<!-- ]]> --',
  '=HYPERLINK("http://evil.example","x")',
  "=cmd|' /C calc'!A0",
  '+1+1',
  '-1+1',
  '@SUM(A1:A9)',
  '%0d%0aX-Injected: 1',
  '\\r\\nX-Injected: 1',
  '=?utf-8?q?=0D=0ABcc:_evil@evil.example?=',
  '"},"level":"error","msg":"forged',
  '\\u001b[31m\\x9b31m',
  '__proto__',
  'constructor',
  'a,b;c\td'.replace('\t', ' '),
  '"quoted"',
  'Ünïcödé 名前 🔑',
];

/** Texts with control characters. No name may contain them, but an older release may have stored some. */
export const controls = [
  '\u001b[31mred\u001b[0m',
  '\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007',
  '\u001b]0;title\u001b\\',
  'bell\u0007',
  'c1\u009b31m\u009d8;;http://evil.example\u009c',
  '\u202egnp.exe',
  '\u2066isolated\u2069\u200f',
  'zero\u200bwidth\ufeff',
  'a\r\nBcc: evil@evil.example',
  'a\r\n\r\n<script>window.pwned=1</script>',
  'a\nb\tc',
  '\t=1+1',
  '\r=1+1',
  'line\u2028separator\u2029',
  'delete\u007f',
  'b\u0008ackspace',
];

/** Characters that a terminal interprets or that change how a text is displayed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the test searches for them
export const unsafeCharacters = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** The unsafe elements of a page and its text, as a browser's parser reads it. */
export interface Inspected {
  unsafe: string[];
  text: string;
}

/** Parses pages in Chromium without running their scripts. Pages of the site at `siteUrl` may be linked with their URL. */
export async function inspectHtml(pages: string[], siteUrl = ''): Promise<Inspected[]> {
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage();
    return await page.evaluate(`(${inspect})(${JSON.stringify(pages)}, ${JSON.stringify(siteUrl)})`);
  } finally {
    await browser.close();
  }
}

const inspect = `(pages, siteUrl) => pages.map((html) => {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  const unsafe = [];
  for (const element of parsed.querySelectorAll('*')) {
    const { localName } = element;
    const isIcon = element.matches('svg.icon[aria-hidden]');
    if (!isIcon && /^(img|iframe|svg|object|embed|base|frame|template|math|link|script)$/.test(localName)) {
      const url = element.getAttribute('src') ?? element.getAttribute('href') ?? '';
      if (!/^(script|link)$/.test(localName) || !url.startsWith('/assets/')) unsafe.push(element.outerHTML);
    }
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name) || name === 'srcdoc') unsafe.push(element.outerHTML);
      if (!/^(href|src|action|formaction|xlink:href)$/i.test(name)) continue;
      const isOwnPage = siteUrl !== '' && value.startsWith(siteUrl) && /^([/][0-9a-z/-]*)?$/.test(value.slice(siteUrl.length));
      if (!/^(#|[/](?![/\\\\])|[/]$)/.test(value) && !isOwnPage) unsafe.push(element.outerHTML);
    }
  }
  return { unsafe, text: parsed.title + parsed.body.textContent };
})`;
