import { join } from 'node:path';
import chalk from 'chalk';
import { eventually, run } from './run.mjs';

const developer = { email: 'ada@example.com', password: 'analytical engines forever' };

/** Plays the story. @throws Error at the first step that does not have the expected result */
export async function tellStory(world) {
  const grace = person(world, world.superuser, 'grace');
  const ada = person(world, developer, 'ada');

  chapter(`The daemon runs at ${world.daemon.url}; the sample API at ${world.api.url}, ${world.api.behind}.`);
  chapter('Grace, an Organization Superuser, signs in and adds Ada, who may not create tokens yet.');
  await grace.signIn();
  await grace.tokens(['users', 'add', developer.email, '--name', 'Ada', '--password-stdin'], {
    input: developer.password,
  });
  await ada.signIn();
  await ada.tokens(['create', 'ci-pipeline'], { code: 4 });

  chapter('Grace grants the permission. Ada creates a token. Its value is shown once.');
  await grace.tokens(['grant', developer.email]);
  const value = (await ada.tokens(['create', 'ci-pipeline', '--expires', '90d'])).stdout.trim();
  expect(/^tok_[0-9A-Za-z]{38}$/.test(value), 'only a token value on stdout');

  chapter('The API accepts it. The list shows when, how and from where it was last used.');
  await callApi(world, value, 200);
  await eventually('the list shows the last use', async () =>
    (await ada.quietly(['list'])).stdout.includes('GET /builds/42'),
  );
  const list = await ada.tokens(['list']);
  expect(
    list.stdout.includes('GET /builds/42') && list.stdout.includes('127.0.0.1'),
    'method, path and IP address in the list',
  );

  chapter('Grace removes the permission. All tokens of Ada are blocked immediately, and none is lost.');
  await grace.tokens(['ungrant', developer.email]);
  await callApi(world, value, 401);
  const blocked = await ada.tokens(['list']);
  expect(blocked.stdout.includes('blocked'), 'the token listed as blocked');

  chapter('Grace grants the permission again, and the same value works again.');
  await grace.tokens(['grant', developer.email]);
  await callApi(world, value, 200);

  chapter('Ada revokes the token. It is rejected from the next request on, permanently.');
  await ada.tokens(['revoke', 'ci-pipeline', '--yes']);
  await callApi(world, value, 401);
  const reason = await run('tokens', ['check'], { env: ada.env, input: value });
  show(`printf %s "$TOKEN" | tokens check`, reason);
  expect(reason.code === 4 && reason.stdout.includes('revoked'), '`tokens check` saying revoked');

  chapter('Ada received a mail about the creation and one about the revocation.');
  const mails = await eventually(
    'two mails arrive',
    () => world.mailbox.messages.length >= 2 && world.mailbox.messages,
  );
  for (const mail of mails) print(`${chalk.bold(mail.subject)}\nTo: ${mail.to.text}\n\n${mail.text.trim()}\n`);
  expect(mails.length === 2 && mails.every((mail) => mail.to.text === developer.email), 'two mails to Ada');
  expect(!mails.some((mail) => `${mail.text}${mail.html}`.includes(value)), 'no secret in a mail');

  chapter('Grace reads in the audit log who did what.');
  const audit = await grace.tokens(['audit', '--user', developer.email]);
  for (const action of ['token.created', 'user.permission_removed', 'token.revoked']) {
    expect(audit.stdout.includes(action), `${action} in the audit trail`);
  }
}

/** A person with a configuration directory of their own, and the commands that they run. */
function person(world, { email, password }, directory) {
  const env = {
    TOKENS_CONFIG_DIR: join(world.directory, directory),
    NO_COLOR: '1',
    TOKENS_SERVER: '',
    TOKENS_SESSION: '',
  };
  const quietly = (args, { input } = {}) => run('tokens', args, { env, input });
  const tokens = async (args, { code = 0, input } = {}) => {
    const result = await quietly(args, { input });
    show(`tokens ${args.join(' ')}`, result, directory);
    expect(result.code === code, `exit code ${code} of tokens ${args[0]}, not ${result.code}`);
    return result;
  };
  const signIn = () =>
    tokens(['login', world.daemon.url, '--email', email, '--password-stdin', '--credential-store', 'file'], {
      input: password,
    });
  return { env, tokens, quietly, signIn };
}

async function callApi(world, value, status) {
  const url = `${world.api.url}/builds/42`;
  const response = await fetch(url, { headers: { Authorization: `Token ${value}`, 'User-Agent': 'curl/8.5.0' } });
  const body = await response.text();
  const reason = response.headers.get('x-tokens-reason');
  const shown = response.ok ? body : `X-Tokens-Reason: ${reason}`;
  show(`curl -H "Authorization: Token $TOKEN" ${url}`, { output: `${response.status} ${shown}\n` });
  expect(response.status === status, `${status} from the API, not ${response.status}`);
}

function expect(condition, what) {
  if (!condition) throw new Error(`expected ${what}`);
}

function chapter(text) {
  print(`\n${chalk.bold.cyan(text)}\n`);
}

function show(command, { output }, who = '') {
  print(`${chalk.dim(`${who}$`)} ${chalk.green(command)}\n${output}`);
}

function print(text) {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}
