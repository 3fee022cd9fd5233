// Programs for a host that look for secrets in its files. Perl is part of every Debian (its package perl-base).

import { onHost } from '../../lab/lab.ts';
import type { Lab } from '../../lab/types.ts';
import { allForms, type Canaries } from '../../secrecy/encodings.ts';

const folder = '/var/tmp/seeker';

/** What both have: the pattern of all forms, which perl looks for in one walk over a text. */
const forms = (canaries: Canaries): string => {
  const all = Object.values(canaries).flatMap(allForms);
  return [...new Set(all)].map((form) => Buffer.from(form).toString('hex')).join('\n');
};

const begin = `use strict; use IO::Handle; STDOUT->autoflush(1);
open(my $list, '<', '${folder}/forms') or die; my @forms = map { chomp; quotemeta pack('H*', $_) } <$list>; close $list;
my $any = join('|', @forms); $any = qr/$any/;
sub text { my ($text, $part) = (''); open(my $in, '<:raw', $_[0]) or return ''; $text .= $part while sysread($in, $part, 1 << 20); return $text }
`;

// Every file that was changed since a time, also those that nobody would look at.
const everywhere = `${begin}
my $since = shift;
sub walk {
  my ($path) = @_;
  return if $path =~ m{^/(proc|sys|dev/(?!shm))} or $path =~ m{^${folder}};
  my @of = lstat $path;
  if (-d _) { opendir(my $all, $path) or return; for my $name (grep { $_ ne '.' && $_ ne '..' } readdir $all) { walk($path eq '/' ? "/$name" : "$path/$name") } }
  elsif (-f _ and $of[10] >= $since and $of[7] < 1 << 28) { print "$path\\n" if text($path) =~ $any }
}
walk('/');
`;

// Whatever a stranger can open in folders that everybody may enter, as fast as it can, until it is told to stop.
const stranger = `${begin}
my ($rounds, %told, %read) = (0);
until (-e '${folder}/stop') {
  for my $in ('/srv/canary', '/tmp', '/var/tmp', '/run/homerun', '/dev/shm') {
    opendir(my $all, $in) or next;
    for my $name (readdir $all) {
      my $path = "$in/$name"; my @of = lstat $path; next if !-f _ or $told{$path};
      # What was read and is as long and as old as it was is read once.
      my $text = $read{"$of[1] $of[7] $of[9]"} ? '' : text($path);
      $read{"$of[1] $of[7] $of[9]"} = 1 if $text ne '';
      if ($text =~ $any) { $told{$path} = 1; print "$path\\n" }
    }
  }
  print "ready\\n" if !$rounds++;
}
print "done $rounds\\n";
`;

async function on(lab: Lab, host: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await onHost(lab, host, script);
  if (code !== 0) throw new Error(`${script.slice(0, 300)}: ${stdout}\n${stderr}`);
  return stdout;
}

const prepared = (canaries: Canaries, program: string): string => `rm -rf ${folder} && mkdir -m 0755 ${folder}
cat >${folder}/forms <<'FORMS'
${forms(canaries)}
FORMS
cat >${folder}/program <<'PERL'
${program}PERL
chmod 0644 ${folder}/*`;

/** The files of a host that hold a canary in whatever form, and were changed since then. @param since seconds since 1970 */
export async function filesWith(lab: Lab, host: string, canaries: Canaries, since: number): Promise<readonly string[]> {
  const found = await on(lab, host, `${prepared(canaries, everywhere)}\nperl ${folder}/program ${since}; rm -rf ${folder}`);
  return found
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

/** What a stranger saw. */
export interface Seen {
  readonly files: readonly string[];
  readonly rounds: number;
  /** Of files that were made for everybody and closed at once, how many were seen. */
  readonly caught: number;
  readonly made: number;
}

const controls = 40;

// As a program that makes a file, writes it and then thinks of its mode.
const control = (canary: string) => `cat >${folder}/open.pl <<'PERL'
my $text = '${Buffer.from(canary).toString('hex')}'; umask 022;
for my $i (1 .. ${controls}) { my $path = "/srv/canary/open-$i"; open(my $out, '>', $path) or die; syswrite($out, pack('H*', $text)); select(undef, undef, undef, 0.002); chmod 0600, $path; close $out; }
PERL
perl ${folder}/open.pl; rm -f /srv/canary/open-*`;

/** Lets a user without rights read what it can while \`work\` is done. */
export async function whileWatched<T>(lab: Lab, host: string, canaries: Canaries, work: () => Promise<T>): Promise<[T, Seen]> {
  const [canary = ''] = Object.values(canaries);
  await on(
    lab,
    host,
    `${prepared(canaries, stranger)}
mkdir -p /srv/canary
setsid su -s /bin/sh nobody -c 'exec perl ${folder}/program' >${folder}/said 2>&1 </dev/null &
for i in $(seq 200); do [ ! -s ${folder}/said ] || break; sleep 0.05; done; grep -q ready ${folder}/said || { cat ${folder}/said; exit 1; }`,
  );
  try {
    const result = await work();
    const said = await on(
      lab,
      host,
      `${control(canary)}
touch ${folder}/stop
for i in $(seq 200); do ! grep -q '^done' ${folder}/said || break; sleep 0.05; done
cat ${folder}/said`,
    );
    const lines = said.trim().split('\n');
    const files = lines.filter((line) => line.startsWith('/'));
    const isControl = (file: string) => file.startsWith('/srv/canary/open-');
    return [
      result,
      {
        files: files.filter((file) => !isControl(file)),
        rounds: Number(/^done (\d+)$/m.exec(said)?.[1] ?? 0),
        caught: files.filter(isControl).length,
        made: controls,
      },
    ];
  } finally {
    await onHost(lab, host, `touch ${folder}/stop; sleep 0.2; rm -rf ${folder}`);
  }
}
