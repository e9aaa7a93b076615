import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  port: number;
  /** Cuts the next connection whose client sends this text, after forwarding it and before any response. */
  cutAfter(text: string): void;
  /** Cuts the connection without forwarding the text. */
  cutBefore(text: string): void;
  /** Returns the highest number of concurrent connections so far. */
  maxConnections(): number;
  /** Returns the number of open connections. */
  connections(): number;
  /** Returns the number of chunks that clients have sent. A statement is one chunk. */
  messages(): number;
  /** Forwards nothing any more, and closes nothing either, as a network without a route. */
  freeze(): void;
  /** Forwards again, also what arrived meanwhile. */
  thaw(): void;
  /** Cuts every connection, and forwards new ones to another port. */
  moveTo(targetPort: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a proxy that forwards to a port on loopback, and cuts connections on request. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let target = targetPort;
  let cutting: { at: string; passOn: boolean } | undefined;
  const sockets = new Set<Socket>();
  let [open, most, messages] = [0, 0, 0];
  let frozen = false;
  const server = createServer((client) => {
    open += 1;
    most = Math.max(most, open);
    client.on('close', () => {
      open -= 1;
    });
    const upstream = connect(target, '127.0.0.1');
    let cut = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk) => {
      messages += 1;
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
    if (frozen) for (const socket of [client, upstream]) socket.pause();
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
    maxConnections: () => most,
    connections: () => open,
    messages: () => messages,
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    async moveTo(port) {
      target = port;
      for (const socket of sockets) socket.destroy();
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
