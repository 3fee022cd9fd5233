import type { UnreachableError } from '../values/errors.ts';
import { type HostKeyVerdict, hostKeyError, hostKeyTypeError, type Judged, uncheckedKeyError } from './host-key.ts';
import { entriesFor, fingerprint, type HostKeyAlgorithm, hostKeyAlgorithms, judge, type KnownHosts, knownHostName } from './known-hosts.ts';

/** Decides on the key of one host, while one connection to it is made. */
export interface HostCheck {
  /** Those to ask the host for. */
  readonly algorithms: readonly HostKeyAlgorithm[];
  /** Whether the key that the host shows is trusted. Never throws: what goes wrong is a no. At a rekey it must be the key that was judged first. */
  readonly verify: (key: Buffer) => boolean;
  /** The key that was shown and what is thought of it; undefined before, or if it could not be judged. */
  readonly shown: () => { readonly key: Buffer; readonly verdict: HostKeyVerdict } | undefined;
  /** Why `verify` said no. */
  readonly refusal: () => UnreachableError;
  /** Why the host has no key of the algorithms asked for; undefined when none of its keys is on record. */
  readonly noCommonType: () => UnreachableError | undefined;
}

/** The one place where it is decided that a host is the right one: by known_hosts files, and by the fingerprints that the inventory gives it. */
export function createHostCheck(known: KnownHosts, judged: Judged): HostCheck {
  let shown: { readonly key: Buffer; readonly verdict: HostKeyVerdict } | undefined;
  let failure: unknown;
  return {
    algorithms: hostKeyAlgorithms(known, judged),
    verify: (key) => {
      try {
        shown ??= { key: Buffer.from(key), verdict: judgePinned(known, judged, key) };
        return isTrusted(shown.verdict) && shown.key.equals(key);
      } catch (error) {
        failure = error;
        return false;
      }
    },
    shown: () => shown,
    refusal: () => (shown ? hostKeyError(shown.verdict, shown.key, judged, known.warnings) : uncheckedKeyError(judged, failure)),
    noCommonType: () => {
      const plain = entriesFor(known, knownHostName(judged)).filter((entry) => entry.kind === 'plain');
      return plain.length === 0 ? undefined : hostKeyTypeError(plain, judged);
    },
  };
}

/** A fingerprint of the inventory makes a host known that no file knows, and nothing else: where both speak they must agree. */
export function isTrusted({ verdict, pin }: HostKeyVerdict): boolean {
  return pin !== 'differs' && (verdict === 'trusted' || (verdict === 'unknown' && pin === 'agrees'));
}

function judgePinned(known: KnownHosts, judged: Judged, key: Buffer): HostKeyVerdict {
  const verdict = judge(known, judged, key);
  if (judged.hostKeys === undefined) return verdict;
  return { ...verdict, pin: judged.hostKeys.includes(fingerprint(key)) ? 'agrees' : 'differs' };
}
