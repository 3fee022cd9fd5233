// The words of the lab.

import type { Authority } from './authority.ts';
import type { Codename } from './distributions.ts';
import type { Docker } from './docker.ts';
import type { Network } from './network.ts';

export interface HostRequest {
  /** The host's name, as in an inventory: letters, digits and hyphens. */
  readonly name: string;
  /** The Matrix server name that resolves to this host inside the lab; default `NAME.lab.test`. */
  readonly serverName?: string;
  /** More DNS names that resolve to this host inside the lab. */
  readonly names?: readonly string[];
  /**
   * `plain`: nothing but sh, sshd and systemd (the default). `baked`: Docker, nginx and curl are installed and the newest Synapse
   * image of the lab is pulled, for tests that are not about installing.
   */
  readonly kind?: HostKind;
  /** What a plain host runs; default Debian 12 (`bookworm`), as every baked one does. */
  readonly release?: Codename;
}

export type HostKind = 'plain' | 'baked';

/** A host of a running lab. */
export interface LabHost {
  readonly name: string;
  readonly serverName: string;
  readonly names: readonly string[];
  readonly kind: HostKind;
  /** Absent: the usual one. */
  readonly release?: Codename;
  /** 1 and up, the same for the life of the lab. */
  readonly number: number;
  /** The container that is the host. */
  readonly container: string;
  /** Where this machine reaches the host's ports 22, 80, 443 and 8448: 127.0.N.M, or its lab address when those are taken. */
  readonly address: string;
  /** The host's address inside the lab, for other hosts and the containers on them. */
  readonly labAddress: string;
}

/** A login on every host of the lab. All three also have the lab's SSH key. */
export interface LabUsers {
  /** By key only. */
  readonly root: { readonly name: 'root' };
  /** May use sudo with the password. */
  readonly sudo: { readonly name: 'deploy'; readonly password: string };
  /** Not in sudoers. */
  readonly plain: { readonly name: 'guest'; readonly password: string };
}

/** Something that stands for a part of the outside world, because the real thing cannot be reached. */
export interface StandIn {
  /** What it stands for, such as `the image registry registry-1.docker.io`. */
  readonly standsFor: string;
  /** What it is. */
  readonly what: string;
  /** Why, in words for the screen. */
  readonly why: string;
}

/** A release tarball that hosts can download. */
export interface Release {
  readonly application: 'ketesa' | 'hydrogen';
  readonly version: string;
  readonly url: string;
  /** Of the tarball, lower-case hex. */
  readonly sha256: string;
  /** The tarball's only top folder. */
  readonly topFolder: string;
  /** The same file on this machine. */
  readonly file: string;
}

/** A running lab. */
export interface Lab {
  readonly name: string;
  /** Holds the key, known_hosts and logs of this lab. */
  readonly directory: string;
  readonly engine: Docker;
  readonly network: Network;
  readonly hosts: readonly LabHost[];
  readonly users: LabUsers;
  /** The private SSH key of all users on all hosts; ed25519, 0600. */
  readonly identityFile: string;
  /** The real keys of all hosts, read inside them. */
  readonly knownHostsFile: string;
  /** Trusted by all hosts. */
  readonly authority: Authority;
  /** Image names of Synapse that hosts can pull, newest version first. */
  readonly synapseImages: readonly SynapseImage[];
  readonly releases: readonly Release[];
  readonly standIns: readonly StandIn[];
}

export interface SynapseImage {
  /** Such as `1.163.2`. */
  readonly version: string;
  /** Every name that it can be pulled under, such as `docker.io/matrixdotorg/synapse:v1.163.2`. */
  readonly names: readonly string[];
}
