// The sample API of compose.yaml: responds with the identity headers that it received.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const identity = Object.entries(request.headers).filter(([name]) => name.startsWith('x-auth-'));
  response.setHeader('Content-Type', 'application/json');
  response.end(`${JSON.stringify(Object.fromEntries(identity), null, 2)}\n`);
});
server.listen(3000);
process.once('SIGTERM', () => server.close());
