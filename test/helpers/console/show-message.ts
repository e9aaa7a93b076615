import type { Page } from 'playwright-core';
import type { Config } from '../../../server/config/config.ts';
import { cookieScope } from '../../../server/http/cookie.ts';
import type { MessageCode, MessageNames } from '../../../server/web/shell/messages/texts.ts';

/** Opens the page again with the message, as the redirect after a change does. */
export function showMessage<Code extends MessageCode>(code: Code, ...names: MessageNames<Code>) {
  return async (page: Page, { config }: { config: Pick<Config, 'publicUrl'> }) => {
    const id = 'AAAAAAAAAAA';
    const { name, attributes } = cookieScope(config.publicUrl, 'message');
    const value = encodeURIComponent(JSON.stringify(names));
    await page
      .context()
      .addCookies([{ ...attributes, name: `${name}.${id}`, value, domain: 'localhost', secure: true }]);
    await page.goto(`${page.url()}?done=${code}.${id}`);
    await page
      .getByRole('status')
      .filter({ hasText: names[0] ?? '.' })
      .waitFor();
  };
}
