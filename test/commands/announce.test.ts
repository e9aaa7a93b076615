import { expect, it } from 'vitest';
import { announcement } from '../../server/commands/serve/announce.ts';

const config = { publicUrl: 'https://tokens.example.com', internalListen: null, dataDir: '/var/lib/tokensd' };

it('names the console and the directory of the mails', () => {
  const text = announcement({ ...config, smtpUrl: null });
  expect(text).toContain('Open the console at https://tokens.example.com\n');
  expect(text).toContain('Mails are written to /var/lib/tokensd/mail, because TOKENSD_SMTP_URL is not set.\n');
});

it('names the mail server without its credentials', () => {
  const text = announcement({ ...config, smtpUrl: 'smtp://ada:sekret@mail.example.com:587?requireTLS=true' });
  expect(text).toContain('Mails are sent through mail.example.com:587.\n');
  expect(text).not.toMatch(/ada|sekret|requireTLS/);
});

it('names the address of the internal listener', () => {
  const text = announcement({ ...config, internalListen: { socket: '/run/tokensd/internal.sock' }, smtpUrl: null });
  expect(text).toContain('Proxies verify tokens at unix:/run/tokensd/internal.sock\n');
});
