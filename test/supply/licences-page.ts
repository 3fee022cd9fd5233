import { generated } from '../docs/module-page.ts';
import { type Locked, licenceOf, lockedPackages } from './lockfile.ts';

/** The page of the licences of all packages that homerun is made of and made with. */
export function licencesPage(): string {
  const all = lockedPackages();
  const [development, runtime] = [all.filter(({ dev }) => dev === true), all.filter(({ dev }) => dev !== true)];
  const counts = new Map<string, number>();
  for (const one of unique(development)) counts.set(licenceOf(one), (counts.get(licenceOf(one)) ?? 0) + 1);
  return [
    '# Licences of the packages',
    generated,
    'What the lockfile names, with the licence that each package declares. homerun itself is under Apache-2.0 ([LICENSE](../../LICENSE)).',
    '## In what users run',
    rows(
      ['package', 'version', 'licence'],
      unique(runtime).map((one) => [`\`${one.name}\``, one.version, licenceOf(one)]),
    ),
    '## For development alone',
    'By licence; the packages are those that `package-lock.json` marks with `dev`.',
    rows(
      ['licence', 'packages'],
      [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([licence, count]) => [licence, String(count)]),
    ),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

/** Each package and version once, by name. */
function unique(packages: readonly Locked[]): readonly Locked[] {
  const byName = new Map(packages.map((one) => [`${one.name} ${one.version}`, one]));
  return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
