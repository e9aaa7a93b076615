import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface ForgetfulNat {
  port: number;
  /** Forgets the open flows: drops what arrives on them from now on, without closing them. */
  forget(): void;
  /** Returns how many flows were used after they had been forgotten. */
  missed(): number;
  stop(): Promise<void>;
}

/** Starts a forwarder to a port on loopback that forgets flows, as NAT and firewalls do when nothing moves on them. */
export async function startForgetfulNat(targetPort: number): Promise<ForgetfulNat> {
  const sockets = new Set<Socket>();
  const flows = new Set<{ forgotten: boolean; missed: boolean }>();
  const server = createServer((client) => {
    const flow = { forgotten: false, missed: false };
    flows.add(flow);
    const upstream = connect(targetPort, '127.0.0.1');
    const pairs = [[client, upstream] as const, [upstream, client] as const];
    for (const [from, to] of pairs) {
      sockets.add(from);
      from.on('error', () => {}).on('close', () => !flow.forgotten && to.destroy());
      from.on('data', (chunk) => {
        if (flow.forgotten) flow.missed = true;
        else to.write(chunk);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    forget() {
      for (const flow of flows) flow.forgotten = true;
    },
    missed: () => [...flows].filter(({ missed }) => missed).length,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
