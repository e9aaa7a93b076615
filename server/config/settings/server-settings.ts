import { databaseUrlValue } from '../database-url.ts';
import type { Setting } from './setting.ts';
import {
  directoryValue,
  listenValue,
  mailFromValue,
  proxiesValue,
  publicUrlValue,
  smtpUrlValue,
  webhookHostsValue,
} from './setting-values.ts';

/** The settings of the daemon itself: where it listens, where its data is, and how it sends mail. */
export const serverSettings = {
  TOKENSD_LISTEN: {
    schema: listenValue.default({ host: '127.0.0.1', port: 8420 }),
    default: '`127.0.0.1:8420`',
    description:
      'Address and port to listen on, such as `[::1]:8420`; `:8420` and `*:8420` mean all addresses. It can also be a Unix socket, `unix:/path/of.sock`, which has mode 0660. Every program that can connect to that counts as a trusted proxy. A socket that [systemd passes](./production.md#sockets) takes its place.',
  },
  TOKENSD_INTERNAL_LISTEN: {
    schema: listenValue.optional(),
    default: 'none: everything is served at `TOKENSD_LISTEN`',
    description:
      'A second address and port, or `unix:/path/of.sock`, for your proxies and your monitoring. `/verify/…`, `/metrics`, `/healthz`, `/readyz` and introspection are served there, and `TOKENSD_LISTEN` then returns 404 for `/verify/…` and `/metrics`. The socket has mode 0660. Every program that can connect to it counts as a trusted proxy.',
  },
  TOKENSD_PUBLIC_URL: {
    schema: publicUrlValue.optional(),
    default:
      '`http://` and the value of `TOKENSD_LISTEN`, with `localhost` for all addresses. Required with a Unix socket',
    description:
      'Address at which members reach the daemon, such as `https://tokens.example.com` or `https://example.com/tokens`. Links in mails use it, and the console rejects forms from any other origin.',
  },
  TOKENSD_DATA_DIR: {
    schema: directoryValue.optional(),
    default: '`$XDG_STATE_HOME/tokensd`',
    description:
      'Directory for the database and for spooled mail, created with mode 0700. If `XDG_STATE_HOME` is unset, `~/.local/state` takes its place.',
  },
  TOKENSD_DATABASE_URL: {
    schema: databaseUrlValue.optional(),
    isSecret: true,
    default: '`sqlite:DATA_DIR/tokens.db`',
    description:
      '`sqlite:/path/to/file`, or `postgres://user:password@host:5432/database` to run several daemons on one database. For a Unix socket: `postgres://user@%2Frun%2Fpostgresql/database`.',
  },
  TOKENSD_SMTP_URL: {
    schema: smtpUrlValue.optional(),
    isSecret: true,
    default: 'none: mail is written to `DATA_DIR/mail/*.eml`, and deleted after 30 days',
    description:
      'Mail server, as `smtp://user:password@host:587` or `smtps://…`. With `smtp://`, STARTTLS is used if the server offers it; add `?requireTLS=true` to require it. [Mail](./mail.md) lists the other parameters.',
  },
  TOKENSD_MAIL_FROM: {
    schema: mailFromValue.optional(),
    default: '`tokens@` and the host of `TOKENSD_PUBLIC_URL`',
    description: 'Sender address of mails.',
  },
  TOKENSD_TRUSTED_PROXIES: {
    schema: proxiesValue.default(['127.0.0.1/32', '::1/128']),
    isList: true,
    mayBeEmpty: true,
    default: '`127.0.0.1/32,::1/128`',
    description:
      'IP addresses or CIDR ranges of proxies whose headers about the client and the original request are trusted. An empty value trusts no proxy.',
  },
  TOKENSD_WEBHOOK_HOSTS: {
    schema: webhookHostsValue.default([]),
    isList: true,
    mayBeEmpty: true,
    default: 'none',
    description:
      'Hosts in your own network to which [webhooks](./webhooks.md) may lead, with `http://` too: names or IP addresses, without a port. To every other host, webhooks use `https://` and reach only public addresses.',
  },
} satisfies Record<string, Setting>;
