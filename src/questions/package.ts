import { quote } from '../values/command.ts';
import { linesOf, outputLines, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface PackageParams {
  /** A Debian package's name, with `:architecture` behind it where that is meant. */
  readonly name: string;
}

/** How far a package is on the host, in dpkg's words (dpkg-query(1), db:Status-Status). */
export type PackageStatus =
  | 'not-installed'
  | 'config-files'
  | 'half-installed'
  | 'unpacked'
  | 'half-configured'
  | 'triggers-awaited'
  | 'triggers-pending'
  | 'installed';

export interface PackageAnswer {
  /** The host has no dpkg: nothing can be said. */
  readonly noDpkg?: true;
  readonly status: PackageStatus;
  /** As dpkg writes it, `1:2.3-4`; absent where nothing is installed. */
  readonly version?: string;
  /** Kept from changing by `apt-mark hold`. */
  readonly isHeld?: true;
  /** It is there for others alone, and goes when nobody needs it any more (apt-mark(8)). */
  readonly isAutomatic?: true;
}

/** Whether and in which version a Debian package is installed. @throws TypeError when `name` is not the name of a package. */
export function installedPackage(name: string): Question<PackageAnswer> {
  return question(packageKind, { name: checkPackage(name) });
}

/** Debian policy 5.6.7: at least two characters of lower case, digits, `+-.`; with an architecture behind a colon. */
export const packageName = /^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$/;

/** @throws TypeError when `name` is not the name of a package. */
export function checkPackage(name: string): string {
  if (!packageName.test(name)) throw new TypeError(`${JSON.stringify(name)} is not the name of a Debian package`);
  return name;
}

export const packageKind: QuestionKind<PackageParams, PackageAnswer> = {
  kind: 'package',
  reads: ({ name }) => [`package:${name}`, 'file:/var/lib/dpkg/status', 'file:/var/lib/apt/extended_states'],
  // A package that dpkg does not know is said on standard error alone.
  script: (params) => `command -v dpkg-query >/dev/null || { echo 'no dpkg'; exit 0; }
echo dpkg
dpkg-query -W -f '\${Package}:\${Architecture}\\t\${db:Status-Want}\\t\${db:Status-Status}\\t\${Version}\\n' -- ${namesOf(params).map(quote).join(' ')} 2>/dev/null
awk -v 'names= ${namesOf(params)
    .map((name) => name.split(':')[0])
    .join(
      ' ',
    )} ' '$1 == "Package:" { name = $2 } $1 == "Auto-Installed:" && $2 == 1 && index(names, " " name " ") { print "automatic\\t" name }' /var/lib/apt/extended_states 2>/dev/null
:`,
  split(output, params) {
    const [header = '', ...lines] = outputLines(output);
    if (header !== 'dpkg' && header !== 'no dpkg') throw new Error(`dpkg-query printed something that is not understood: ${JSON.stringify(header)}`);
    return params.map(({ name }) => `${[header, ...lines.filter((line) => isOf(name, line) || line === automatic(name))].join('\n')}\n`);
  },
  parse(part, { name }) {
    const [header, ...lines] = part.trimEnd().split('\n');
    if (header === 'no dpkg') return { noDpkg: true, status: 'not-installed' };
    const isAutomatic = lines.includes(automatic(name));
    const all = lines.filter((line) => line !== automatic(name)).map((line) => parseLine(line, name));
    const [found] = all.sort((one, other) => rank(other.status) - rank(one.status));
    return found ? { ...found, ...(isAutomatic && { isAutomatic: true as const }) } : { status: 'not-installed' };
  },
};

const statuses: readonly PackageStatus[] = [
  'not-installed',
  'config-files',
  'half-installed',
  'unpacked',
  'half-configured',
  'triggers-awaited',
  'triggers-pending',
  'installed',
];

const rank = (status: PackageStatus) => statuses.indexOf(status);

const namesOf = (params: readonly PackageParams[]) => [...new Set(params.map(({ name }) => name))];

// A package for all architectures is also the one for this architecture.
function isOf(name: string, line: string): boolean {
  const [bare = '', architecture] = name.split(':');
  return architecture ? line.startsWith(`${name}\t`) || line.startsWith(`${bare}:all\t`) : line.startsWith(`${name}:`);
}

function automatic(name: string): string {
  return `automatic\t${name.split(':')[0]}`;
}

function parseLine(line: string, name: string): PackageAnswer {
  const [, want, status, version] = line.split('\t');
  const known = statuses.find((one) => one === status);
  if (!known) throw new Error(`dpkg-query printed a status of ${name} that is not understood: ${JSON.stringify(status)}`);
  return { status: known, ...(version && known !== 'not-installed' && { version }), ...(want === 'hold' && { isHeld: true as const }) };
}

/** What the package lists offer. */
export interface CandidateAnswer {
  /** The lists name the package; a name that others merely provide has no version of its own. */
  readonly version?: string;
  /** An installed package that provides this name, where it is a virtual one. */
  readonly providedBy?: string;
  /** Others that can be installed provide this name. */
  readonly isVirtual?: true;
  /** All versions that are known of it. */
  readonly offered?: readonly string[];
}

/** What apt would install for a name, and whether something that is installed provides it. Slower than `installedPackage`: ask only when needed. @throws TypeError */
export function packageCandidate(name: string): Question<CandidateAnswer> {
  return question(candidateKind, { name: checkPackage(name) });
}

// apt-cache reads the lists (some 100 ms for many names in one process); dpkg-query goes through all that is installed.
export const candidateKind: QuestionKind<PackageParams, CandidateAnswer> = {
  kind: 'candidate',
  reads: ({ name }) => [`package:${name}`, 'apt:lists', 'file:/etc/apt'],
  script: (params) => `names='${namesOf(params).join(' ')}'
policy=$(apt-cache policy -- $names 2>/dev/null)
provides=$(dpkg-query -W -f '\${db:Status-Status} \${Package} \${Provides}\\n' 2>/dev/null | grep '^installed [^ ]* .' | tr -d ',')
for name in ${params.map(({ name }) => name).join(' ')}; do
  of_it=$(printf '%s\\n' "$policy" | awk -v name="$name:" '/^[^ ]/ { inside = ($1 == name) } inside && $1 == "Candidate:" { print "candidate " $2 } inside && /^ ([*][*][*]|   ) [^ ]/ { print "offered " $(NF - 1) }')
  [ -z "$of_it" ] || printf '%s\\n' "$of_it"
  case $of_it in
    *offered*) ;;
    *) apt-cache showpkg -- "$name" 2>/dev/null | awk '/^Reverse Provides:/ { behind = 1; next } behind && NF { print "virtual yes"; exit }' ;;
  esac
  printf '%s\\n' "$provides" | awk -v name="$name" '{ for (field = 3; field <= NF; field++) if ($field == name) { print "provided " $2; exit } }'
  echo .
done`,
  split: (output, params) => splitParts(output, params.length),
  parse(part) {
    const found = linesOf(part).map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']);
    const { candidate, provided, virtual } = Object.fromEntries(found);
    return {
      ...(candidate && candidate !== '(none)' && { version: candidate }),
      ...(provided && { providedBy: provided }),
      ...(virtual && { isVirtual: true as const }),
      offered: found.filter(([word]) => word === 'offered').map(([, version]) => version),
    };
  },
};
