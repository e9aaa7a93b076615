import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  port: number;
  /** Cuts the next connection whose client says this, after it was passed on and before anything comes back. */
  cutAfter(text: string): void;
  /** Cuts it before that was passed on. */
  cutBefore(text: string): void;
  /** The most connections there were at a time. */
  mostAtOnce(): number;
  stop(): Promise<void>;
}

/** Passes everything on to a port on loopback, until it is told to cut. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let cutting: { at: string; passOn: boolean } | undefined;
  const sockets = new Set<Socket>();
  let [open, most] = [0, 0];
  const server = createServer((client) => {
    open += 1;
    most = Math.max(most, open);
    client.on('close', () => {
      open -= 1;
    });
    const upstream = connect(targetPort, '127.0.0.1');
    let cut = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk) => {
      const cutHere = cutting !== undefined && chunk.includes(cutting.at) ? cutting : undefined;
      if (cutHere === undefined || cutHere.passOn) upstream.write(chunk);
      if (cutHere === undefined) return;
      cutting = undefined;
      cut = true;
      if (!cutHere.passOn) client.destroy();
    });
    upstream.on('data', (chunk) => {
      if (!cut) client.write(chunk);
      else client.destroy();
    });
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cutAfter(at) {
      cutting = { at, passOn: true };
    },
    cutBefore(at) {
      cutting = { at, passOn: false };
    },
    mostAtOnce: () => most,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
