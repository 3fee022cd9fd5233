import { quote } from '../values/command.ts';
import { checkPath, checkWord, linesOf, splitParts } from './parts.ts';
import { type Question, type QuestionKind, question } from './question.ts';

export interface WebReleaseParams {
  /** The application's folder; absolute. */
  readonly folder: string;
  /** Name of a release: a folder in `releases/` with a manifest `NAME.sha256` beside it. */
  readonly release: string;
  /** A file of the release, by its name, of which the text is wanted. */
  readonly configFile: string;
}

/** A file of a release that is not as it was unpacked. */
export interface WebReleaseFault {
  readonly kind: 'changed' | 'missing' | 'extra' | 'mode';
  /** Within the release. */
  readonly path: string;
}

export interface WebReleaseAnswer {
  /** Names of the releases that the links `current` and `previous` point at. */
  readonly current?: string;
  readonly previous?: string;
  /** Every release that was unpacked to its end, the youngest first. */
  readonly releases: readonly string[];
  /** The release asked for is among them. */
  readonly isUnpacked: boolean;
  /** Of the release asked for; at most 20, sorted. */
  readonly faults: readonly WebReleaseFault[];
  /** The text of its `configFile`, up to 64 KiB; absent when the file is not there. */
  readonly config?: string;
  /** Something that a cut run left behind. */
  readonly isUnfinished: boolean;
}

const mostFaults = 20;
const mostConfigBytes = 65_536;

/** What is unpacked below the folder of a web application, and whether one release is as it was unpacked, byte for byte. */
export function webRelease({ folder, release, configFile }: WebReleaseParams): Question<WebReleaseAnswer> {
  return question(webReleaseKind, {
    folder: checkPath(folder),
    release: checkWord(release, 'a release'),
    configFile: checkWord(configFile, 'a file name'),
  });
}

export const webReleaseKind: QuestionKind<WebReleaseParams, WebReleaseAnswer> = {
  kind: 'web_release',
  reads: ({ folder }) => [`file:${folder}`],
  script: (params) => [preamble, ...params.map((one) => `web_release ${[one.folder, one.release, one.configFile].map(quote).join(' ')}`)].join('\n'),
  split: (output, params) => splitParts(output, params.length),
  parse,
  // Every file of the release is read.
  timeoutSeconds: (params) => 60 + 60 * params.length,
};

// The manifest is what sha256sum(1) printed when the release was unpacked: 64 digits, two signs, the path. A path with a newline or
// backslash is escaped there in one way by coreutils; such a file is never in a manifest, so it is reported as extra, however it is spelt.
const preamble = `web_release() (
  if cd -- "$1" 2>/dev/null; then
    for link in current previous; do
      if [ -L "$link" ]; then echo "$link $(readlink -- "$link")"; fi
    done
    for manifest in $(ls -t releases 2>/dev/null | grep '[.]sha256$'); do
      if [ -d "releases/\${manifest%.sha256}" ]; then echo "release \${manifest%.sha256}"; fi
    done
    unfinished=
    if [ -e .homerun-work ]; then unfinished=1; fi
    for path in releases/*; do
      if [ -d "$path" ] && [ ! -f "$path.sha256" ]; then unfinished=1; fi
    done
    if [ -n "$unfinished" ]; then echo unfinished; fi
    manifest=$PWD/releases/$2.sha256
    if [ -f "$manifest" ] && cd -- "releases/$2" 2>/dev/null; then
      if [ -f "$3" ] && [ ! -L "$3" ]; then echo config; head -c ${mostConfigBytes} -- "$3" | base64 | sed 's/^/=/'; fi
      {
        find . -type f -exec sha256sum {} + | awk -v manifest="$manifest" '
          BEGIN { while ((getline line < manifest) > 0) wanted[substr(line, 67)] = substr(line, 1, 64) }
          { path = substr($0, 67); if (!(path in wanted)) print "extra " path; else { if (wanted[path] != substr($0, 1, 64)) print "changed " path; delete wanted[path] } }
          END { for (path in wanted) print "missing " path }'
        find . ! -type f ! -type d | sed 's/^/extra /'
        find . \\( -type d ! -perm 755 -o -type f ! -perm 644 -o ! -user 0 -o ! -group 0 \\) ! -type l | sed 's/^/mode /'
      } | sort | head -n ${mostFaults} | sed 's/^/fault /'
    fi
  fi
  echo .
)`;

function parse(part: string, { release }: WebReleaseParams): WebReleaseAnswer {
  const lines = linesOf(part);
  const values = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const linked = (name: string) => /^releases\/([^/]+)$/.exec(values(name)[0] ?? '')?.[1];
  const [current, previous, releases] = [linked('current'), linked('previous'), values('release')];
  const encoded = lines.filter((line) => line.startsWith('=')).map((line) => line.slice(1));
  return {
    ...(current !== undefined && { current }),
    ...(previous !== undefined && { previous }),
    releases,
    isUnpacked: releases.includes(release),
    faults: values('fault').map(fault),
    ...(lines.includes('config') && { config: Buffer.from(encoded.join(''), 'base64').toString('utf8') }),
    isUnfinished: lines.includes('unfinished'),
  };
}

function fault(text: string): WebReleaseFault {
  const match = /^(changed|missing|extra|mode) (?:\.\/)?(.*)$/.exec(text);
  // The first group is one of the four words.
  return { kind: (match?.[1] ?? 'extra') as WebReleaseFault['kind'], path: match?.[2] ?? text };
}
