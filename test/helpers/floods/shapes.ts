import type { FloodShape } from './floods.ts';

const host = 'Host: tokens.example.com\r\n';
const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\n${host}${fields}\r\n`;
const post = (path: string, body: string, fields = 'Content-Type: application/x-www-form-urlencoded\r\n') =>
  `POST ${path} HTTP/1.1\r\n${host}${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const grant = 'grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=tokens-cli&device_code=device_x';
const basic = (id: string, secret: string) =>
  `Authorization: Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}\r\n`;

/** Floods that stopped verification before requests were limited. */
export const knownFloods: Record<string, FloodShape> = {
  'GET /login, 300 connections, 16 deep': { connections: 300, depth: 16, requests: [get('/login')] },
  'GET /login, 50 connections, 16 deep': { connections: 50, depth: 16, requests: [get('/login')] },
  'GET /login, 300 connections': { connections: 300, depth: 1, requests: [get('/login')] },
  'GET /login, 3000 connections': { connections: 3000, depth: 1, requests: [get('/login')] },
  'GET /healthz, 300 connections, 16 deep': { connections: 300, depth: 16, requests: [get('/healthz')] },
  'GET /password/reset, 300 connections, 16 deep': {
    connections: 300,
    depth: 16,
    requests: [get('/password/reset?token=reset_x')],
  },
  'POST /oauth/token, 300 connections, 16 deep': {
    connections: 300,
    depth: 16,
    requests: [post('/oauth/token', grant)],
  },
};

/** Floods of other kinds. */
export const otherFloods: Record<string, FloodShape> = {
  'a new connection for each request': { connections: 300, depth: 1, churn: true, requests: [get('/login')] },
  'thousands of requests in one packet': { connections: 300, depth: 3000, requests: ['GET / HTTP/1.1\r\n\r\n'] },
  'header fields of 60 KB': {
    connections: 300,
    depth: 1,
    requests: [get('/login', `X-Filler: ${'a'.repeat(60_000)}\r\n`)],
  },
  'ten thousand header fields': { connections: 300, depth: 1, requests: [get('/login', 'a:b\r\n'.repeat(10_000))] },
  'bodies that arrive slowly': {
    connections: 1000,
    depth: 1,
    drip: 500,
    requests: [
      post('/api/v1/sessions', '{"email":"a@example.com","password":"x"}', 'Content-Type: application/json\r\n'),
    ],
  },
  'bodies that never arrive, from six networks': {
    connections: 6 * 288,
    depth: 1,
    from: Array.from({ length: 6 }, (_, number) => `127.0.0.${number + 10}`),
    requests: [`POST /login HTTP/1.1\r\n${host}Content-Length: 10\r\n\r\nx`],
  },
  'introspection with wrong secrets': {
    connections: 300,
    depth: 1,
    requests: [
      post(
        '/oauth/introspect',
        'token=tok_x',
        `${basic('client', 'wrong')}Content-Type: application/x-www-form-urlencoded\r\n`,
      ),
    ],
  },
  'sign-ins with garbage': {
    connections: 300,
    depth: 1,
    requests: [post('/login', 'email=a@example.com&password=garbage')],
  },
  'messages that are not HTTP': { connections: 300, depth: 1, requests: ['\x16\x03\x01\x02\x00'] },
};
