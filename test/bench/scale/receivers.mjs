import { createServer } from 'node:http';
import { SMTPServer } from 'smtp-server';

/** Starts a mail server and a receiver of webhooks on loopback, which count what arrives. */
export async function startReceivers() {
  const counts = { mails: 0, events: 0 };
  const mailServer = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 100,
    onData(stream, _session, callback) {
      stream.resume().on('end', () => {
        counts.mails += 1;
        callback();
      });
    },
  });
  // Clients that break off are no matter.
  mailServer.on('error', () => {});
  const webServer = createServer((request, response) => {
    request.resume().on('end', () => {
      counts.events += 1;
      response.writeHead(204).end();
    });
  });
  const mailPort = await portOf(mailServer, mailServer.server);
  const webPort = await portOf(webServer, webServer);
  return {
    counts,
    url: `http://127.0.0.1:${webPort}`,
    settings: {
      TOKENSD_SMTP_URL: `smtp://127.0.0.1:${mailPort}`,
      TOKENSD_MAIL_FROM: 'tokens@example.com',
      TOKENSD_WEBHOOK_HOSTS: '127.0.0.1',
    },
    async close() {
      webServer.closeAllConnections();
      await new Promise((resolve) => webServer.close(resolve));
      await new Promise((resolve) => mailServer.close(resolve));
    },
  };
}

async function portOf(listener, server) {
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return server.address().port;
}
