// Known vulnerabilities in what a production install brings (`npm run audit`). Fails if there is one that is not explained.
import { spawnSync } from 'node:child_process';

/** Advisories that do not concern us, by their address, with the reason. */
const explained = {};

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const report = JSON.parse(stdout || '{}');
if (report.vulnerabilities === undefined) {
  const why = report.message ?? report.error?.summary ?? 'no answer';
  process.stderr.write(`NOT CHECKED for known vulnerabilities: the npm registry tells no advisories (${why}).\n`);
  process.exit(0);
}
const advisories = Object.values(report.vulnerabilities).flatMap(({ via }) =>
  via.filter((one) => typeof one === 'object'),
);
const open = advisories.filter(({ url }) => !Object.hasOwn(explained, url));
for (const { name, severity, title, url } of open) process.stderr.write(`${name}: ${severity}: ${title} ${url}\n`);
process.stderr.write(`${advisories.length} advisories, ${open.length} of them not explained.\n`);
process.exit(open.length === 0 ? 0 : 1);
