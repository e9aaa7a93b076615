// Lists known vulnerabilities of production dependencies (`npm run audit`). Fails if one of them is not explained below.
import { spawnSync } from 'node:child_process';

/** Advisories that do not affect us: URL and reason. */
const explained = {};

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const report = JSON.parse(stdout || '{}');
if (report.vulnerabilities === undefined) {
  const reason = report.message ?? report.error?.summary ?? 'no response';
  process.stderr.write(`Dependencies were NOT CHECKED: the npm registry returns no advisories (${reason}).\n`);
  process.exit(0);
}
const advisories = Object.values(report.vulnerabilities).flatMap(({ via }) =>
  via.filter((cause) => typeof cause === 'object'),
);
const unexplained = advisories.filter(({ url }) => !Object.hasOwn(explained, url));
for (const { name, severity, title, url } of unexplained)
  process.stderr.write(`${name}: ${severity}: ${title} ${url}\n`);
process.stderr.write(`${advisories.length} advisories, ${unexplained.length} not explained.\n`);
process.exit(unexplained.length === 0 ? 0 : 1);
