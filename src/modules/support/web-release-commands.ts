import { type Command, quote } from '../../values/command.ts';
import { cleanUp, fail } from './shell.ts';
import { switchLink } from './switch-link.ts';

/** What a release is made from. */
export interface WebSource {
  /** Folder of the application. */
  readonly folder: string;
  /** Name of the release's folder in `releases/`. */
  readonly release: string;
  readonly url: string;
  /** Of the downloaded file, 64 hexadecimal digits. */
  readonly sha256: string;
  /** A file that is kept as it is when the release is only repaired. */
  readonly keepFile?: string | undefined;
}

const mostPackedBytes = 200_000_000;
const mostUnpackedBytes = 1_000_000_000;
const mostEntries = 20_000;

/**
 * Downloads the tarball, checks its digest, then its listing (nothing that leaves the folder, no links or devices, caps on count and
 * size), unpacks it into a folder of its own, gives every file to root, writes the manifest. Only then does the release appear in
 * `releases/`. When it is there already but damaged, `current` points at a copy while it is exchanged: no request fails.
 */
export function unpackRelease({ folder, release, url, sha256, keepFile }: WebSource): Command {
  const variables = { folder, release, url, sha256, keep: keepFile ?? '' };
  const script = [...Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`), begin, download, checkListing, unpack, place].join(
    '\n',
  );
  // Downloading and unpacking is done once, whatever becomes of the link.
  return { script, timeoutSeconds: 900, detached: true };
}

/** Gives every file and folder of a release its owner and mode again. */
export function tidyRelease(folder: string, release: string): Command {
  return { script: `cd -- ${quote(`${folder}/releases/${release}`)} || exit 1\n${tidy}` };
}

/** Lets `current` point at a release by one rename; `previous` at the one before, so that a page opened before still finds its files. */
export function switchRelease(folder: string, release: string, previous: string | undefined): Command {
  const steps = [
    `cd -- ${quote(folder)} || exit 1`,
    switchLink,
    previous !== undefined && `switch_link ${quote(`releases/${previous}`)} previous || exit 1`,
    `switch_link ${quote(`releases/${release}`)} current`,
  ];
  return { script: steps.filter((step) => step !== false).join('\n') };
}

/** Removes every release but `kept`, and what a cut run left behind. */
export function pruneReleases(folder: string, kept: readonly string[]): Command {
  return {
    script: `cd -- ${quote(folder)} || exit 1
rm -rf -- .homerun-work current.homerun-new previous.homerun-new
for path in releases/*; do
  case \${path#releases/} in ${kept.flatMap((name) => [quote(name), quote(`${name}.sha256`)]).join(' | ')}) ;; *) rm -rf -- "$path" ;; esac
done
case $(readlink previous) in ${kept.map((name) => quote(`releases/${name}`)).join(' | ')}) ;; *) rm -f -- previous ;; esac`,
  };
}

const begin = `${fail}
umask 022
mkdir -p -- "$folder/releases" && cd -- "$folder" || fail "the folder $folder cannot be made"
work=$folder/.homerun-work
${cleanUp('rm -rf -- "$work"; rmdir -- "$folder/releases" "$folder" 2>/dev/null')}
rm -rf -- "$work" && mkdir -m 0700 -- "$work" || fail "the folder $work cannot be made"`;

const download = `if command -v curl >/dev/null; then
  get() { curl --fail --silent --show-error --location --proto '=https,http' --max-time 600 --retry 2 -- "$url" 2>"$work/said"; }
elif command -v wget >/dev/null; then
  get() { wget -q -O - "$url" 2>"$work/said"; }
else fail 'neither curl nor wget is installed on this host: install one first (module apt, name: curl)'; fi
{ get || : >"$work/failed"; } | head -c ${mostPackedBytes + 1} >"$work/archive" || fail "what comes from $url cannot be kept in $work: nothing was changed"
[ "$(wc -c <"$work/archive")" -le ${mostPackedBytes} ] || fail "$url is larger than ${mostPackedBytes} bytes: nothing was changed"
[ ! -e "$work/failed" ] || fail "$url cannot be downloaded: $(cat "$work/said")"
got=$(sha256sum <"$work/archive")
got=\${got%% *}
[ "$got" = "$sha256" ] || fail "$url has the sha256 $got, expected $sha256: nothing was changed"`;

// tar(1) of GNU writes what is not printable with a backslash; a name that holds one is refused along with it.
const checkListing = `refuse() { fail "the archive $url is refused, nothing was changed: $1"; }
[ "$(gzip -dc <"$work/archive" 2>/dev/null | head -c ${mostUnpackedBytes + 1} | wc -c)" -le ${mostUnpackedBytes} ] || refuse "it unpacks to more than ${mostUnpackedBytes} bytes"
tar -tzf "$work/archive" >"$work/names" 2>"$work/said" || refuse "it is no tar file packed by gzip ($(head -n 1 "$work/said"))"
[ "$(wc -l <"$work/names")" -le ${mostEntries} ] || refuse "it has more than ${mostEntries} entries"
grep -q '^tar: removing leading' "$work/said" && refuse 'a path in it could lead elsewhere'
bad=$(grep -m 1 -E '^/|(^|/)[.][.](/|$)|\\\\|[[:cntrl:]]' "$work/names") && refuse "the path $bad in it could lead elsewhere"
tar -tvzf "$work/archive" | cut -c 1 | grep -qv '^[-d]' && refuse 'it holds something that is neither a file nor a folder'`;

const tidy = `chown -hR 0:0 . && find . -type d -exec chmod 0755 {} + && find . -type f -exec chmod 0644 {} +`;

const unpack = `mkdir -- "$work/tree" && tar -xzof "$work/archive" -C "$work/tree" || fail "$url cannot be unpacked"
tree=$work/tree
top=$(sed 's|^[.]/||; s|/.*||' "$work/names" | sort -u | grep -v '^[.]*$')
if [ "$(printf '%s\\n' "$top" | wc -l)" = 1 ] && [ -d "$tree/$top" ]; then tree=$tree/$top; fi
[ -z "$(find "$tree" ! -type f ! -type d -o -type f -links +1 | head -n 1)" ] || refuse 'it holds links'
[ -f "$tree/index.html" ] || refuse 'it has no index.html, so it is no web application'
cd -- "$tree" && ${tidy} || fail 'the owner of the files could not be set'
find . -type f -exec sha256sum {} + | sort -k 2 >"$work/manifest"
cd -- "$folder" || exit 1`;

const place = `${switchLink}
target=releases/$release
if [ -n "$keep" ] && [ -f "$target/$keep" ]; then cp -p -- "$target/$keep" "$tree/$keep"; fi
if [ -e "$target" ]; then
  if [ "$(readlink current)" = "$target" ]; then
    standby=$(mktemp -d releases/standby-XXXXXXXX) && cp -pR -- "$tree/." "$standby" && chmod 0755 "$standby" && switch_link "$standby" current || fail "the copy that serves meanwhile could not be made"
  fi
  rm -rf -- "$target"
fi
mv -- "$tree" "$target" && mv -f -- "$work/manifest" "$target.sha256" || fail "$folder/$target could not be put in place"
sync
if [ -n "\${standby:-}" ]; then switch_link "$target" current && rm -rf -- "$standby"; fi`;
