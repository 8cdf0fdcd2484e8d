// Runs before `npm publish`: what npm needs to prove where a package was built, and what a user looks for.
import { readFileSync } from 'node:fs';

const here = new URL('../', import.meta.url);
const read = (/** @type {string} */ file) => readFileSync(new URL(file, here), 'utf8');
const { version, repository, bugs, homepage } = JSON.parse(read('package.json'));

const missing = Object.entries({ repository: repository?.url, bugs: bugs?.url ?? bugs, homepage })
  .filter(([, value]) => !value)
  .map(([key]) => `package.json has no "${key}"`);
if (!read('CHANGELOG.md').includes(`## ${version}`)) {
  missing.push(`CHANGELOG.md has no section "## ${version}"`);
}
if (missing.length > 0) {
  console.error(`${missing.join('\n')}\nSee "Publishing" in CONTRIBUTING.md.`);
  process.exit(1);
}
