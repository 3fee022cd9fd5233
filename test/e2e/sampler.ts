// Looks over the shoulders of all processes of a host, those of its containers included.

import { onHost } from '../lab/lab.ts';
import type { Lab } from '../lab/types.ts';

/** What was seen of a host's processes. */
export interface Sampled {
  /** How often all processes were looked at. */
  readonly rounds: number;
  readonly seconds: number;
  /** Every argument list and environment, each once. */
  readonly text: string;
  /** Of the processes that were started to be caught, how many were; they live for a few milliseconds. */
  readonly caught: number;
  readonly started: number;
}

const folder = '/var/tmp/sampler';

// Perl is part of every Debian (its package perl-base, which has no finer clock). Each text is kept once, so that what is written stays small and the loop fast.
const watch = `use strict; use IO::Handle;
my ($rounds, $began, %seen) = (0, time);
open(my $out, '>', '${folder}/seen') or die; $out->autoflush(1);
until (-e '${folder}/stop') {
  opendir(my $all, '/proc') or die;
  for my $id (grep { /^[0-9]+$/ && $_ != $$ } readdir $all) {
    for my $what ('cmdline', 'environ') {
      open(my $in, '<', "/proc/$id/$what") or next;
      my ($text, $part) = ('');
      $text .= $part while sysread($in, $part, 1 << 17);
      close $in;
      next if $text eq '' or $seen{$text}++;
      print $out "$what $text\\n";
    }
  }
  closedir $all;
  $rounds++;
}
open(my $told, '>', '${folder}/told') or die;
printf $told "%d %d", $rounds, time - $began;
`;

const until = (file: string) =>
  `for i in $(seq 200); do [ ! -s ${folder}/${file} ] || break; sleep 0.05; done; [ -s ${folder}/${file} ] || { cat ${folder}/error; exit 1; }`;

const controls = 50;

/** Starts processes that live for three milliseconds and a start, with a mark in argument list and environment. */
const control = (when: string) =>
  `for i in $(seq ${controls / 2}); do MARK="environment-${when}-$i." perl -e 'select(undef, undef, undef, 0.003)' "argument-${when}-$i."; done`;

/** Samples argument lists and environments of all processes of a host, as fast as it can, while `work` is done. */
export async function whileSampling<T>(lab: Lab, host: string, work: () => Promise<T>): Promise<[T, Sampled]> {
  const script = async (text: string): Promise<string> => {
    const { code, stdout, stderr } = await onHost(lab, host, text);
    if (code !== 0) throw new Error(`${text}: ${stdout}\n${stderr}`);
    return stdout;
  };
  await script(`rm -rf ${folder} && mkdir -m 0700 ${folder} && cat >${folder}/watch <<'PERL'
${watch}PERL
setsid perl ${folder}/watch >/dev/null 2>${folder}/error </dev/null &
${until('seen')}
${control('before')}`);
  try {
    const result = await work();
    const told = await script(`${control('after')}
touch ${folder}/stop
${until('told')}
cat ${folder}/told`);
    const [rounds = 0, seconds = 0] = told.trim().split(' ').map(Number);
    const text = await script(`cat ${folder}/seen`);
    const caught = new Set(text.match(/(?:argument|environment)-(?:before|after)-\d+\./g)).size;
    return [result, { rounds, seconds, text, caught, started: 2 * controls }];
  } finally {
    await onHost(lab, host, `touch ${folder}/stop; rm -rf ${folder}`);
  }
}
