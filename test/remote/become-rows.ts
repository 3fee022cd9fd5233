import type { BecomeMethod } from '../../src/values/become-method.ts';

/** Passwords of the test host: of whoever logs in, of `other` and the like, of root; and one that is nobody's. */
export const passwords = { own: 'correct pony 7351', other: 'battery nail 2264', root: 'root of all 9150', wrong: 'Tr0ub4dor-and-3' } as const;

/** Users that others become, beside root: all have the password `other`. */
export const targets = ['other', 'expired', 'shellless', 'coded'] as const;

/** One way in which hosts let users become others, or do not. */
export interface Row {
  readonly what: string;
  readonly method: BecomeMethod;
  /** Default root. */
  readonly to?: string;
  /** Default: none is given. */
  readonly password?: keyof typeof passwords;
  /** Lines of sudoers, USER standing for who logs in. */
  readonly sudoers?: readonly string[];
  /** A line of doas.conf. */
  readonly doas?: string;
  /** Groups of who logs in; `asked-twice`, `asked-other`, `trusted`, `denied`: see `setUp`. */
  readonly group?: string;
  /** The language that the program speaks, whatever it is told. */
  readonly language?: string;
  /** Whether the host gives terminals. Default true. */
  readonly terminals?: false;
  /** Logs in as root. */
  readonly asRoot?: true;
  /** Neither sudo nor doas is there. */
  readonly bare?: true;
  /** Seconds that it may take. Default 60. */
  readonly seconds?: number;
  /** Passwords that the host is shown. Default: the one, or none. */
  readonly shown?: number;
  /** A terminal is taken. Default false. */
  readonly onTerminal?: true;
  /** Who it ends as, or what the user is told: all of the message but where, and words of what to do. */
  readonly ends: string | { readonly message: string; readonly hint: readonly string[] };
}

const all = 'USER ALL=(ALL:ALL) ALL';
const free = 'USER ALL=(ALL:ALL) NOPASSWD: ALL';

export const rows: readonly Row[] = [
  { what: 'sudo that asks nothing', method: 'sudo', sudoers: [free], ends: 'root' },
  { what: 'sudo that asks nothing is shown no password', method: 'sudo', sudoers: [free], password: 'own', shown: 0, ends: 'root' },
  { what: '!authenticate', method: 'sudo', sudoers: [all, 'Defaults:USER !authenticate'], password: 'own', shown: 0, ends: 'root' },
  { what: 'sudo with a password', method: 'sudo', sudoers: [all], password: 'own', ends: 'root' },
  { what: 'sudo with a password, to another user', method: 'sudo', sudoers: [all], password: 'own', to: 'other', ends: 'other' },
  { what: 'sudo to one whose account has expired', method: 'sudo', sudoers: [all], password: 'own', to: 'expired', ends: 'expired' },
  { what: 'sudo to one who has no shell', method: 'sudo', sudoers: [all], password: 'own', to: 'shellless', ends: 'shellless' },
  { what: 'timestamp_timeout=0', method: 'sudo', sudoers: [all, 'Defaults:USER timestamp_timeout=0'], password: 'own', ends: 'root' },
  { what: 'use_pty', method: 'sudo', sudoers: [all, 'Defaults:USER use_pty'], password: 'own', ends: 'root' },
  { what: 'no use_pty', method: 'sudo', sudoers: [all, 'Defaults:USER !use_pty'], password: 'own', ends: 'root' },
  {
    what: 'a lecture each time',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER lecture=always, lecture_file=/etc/lecture'],
    password: 'own',
    ends: 'root',
  },
  { what: 'secure_path', method: 'sudo', sudoers: [all, 'Defaults:USER secure_path=/nowhere'], password: 'own', ends: 'root' },
  { what: 'pwfeedback', method: 'sudo', sudoers: [all, 'Defaults:USER pwfeedback'], password: 'own', ends: 'root' },
  {
    what: 'sudo that keeps all that goes in and out',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER log_input, log_output'],
    password: 'own',
    ends: 'root',
  },
  { what: 'targetpw', method: 'sudo', sudoers: [all, 'Defaults:USER targetpw'], password: 'other', to: 'other', ends: 'other' },
  { what: 'rootpw', method: 'sudo', sudoers: [all, 'Defaults:USER rootpw'], password: 'root', to: 'other', ends: 'other' },
  {
    what: 'targetpw and the password of who logs in',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER targetpw'],
    password: 'own',
    to: 'other',
    ends: { message: 'sudo does not take the password for becoming other: it asks again', hint: ['tried once', 'targetpw or rootpw'] },
  },
  { what: 'sudo in German', method: 'sudo', sudoers: [all], password: 'own', language: 'de_DE.UTF-8', ends: 'root' },
  {
    what: 'sudo without a password that it wants',
    method: 'sudo',
    sudoers: [all],
    ends: { message: 'sudo wants a password to become root', hint: ['become_password, or -K', 'NOPASSWD', 'a password is required'] },
  },
  {
    what: 'sudo with a wrong password',
    method: 'sudo',
    sudoers: [all],
    password: 'wrong',
    ends: { message: 'sudo does not take the password for becoming root: it asks again', hint: ['tried once', 'Check become_password'] },
  },
  {
    what: 'sudo that lets one try only, with a wrong password',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER passwd_tries=1'],
    password: 'wrong',
    ends: {
      message: 'sudo does not take the password, or does not let this user become root',
      hint: ['tried once', 'sudo -l', '1 incorrect password attempt'],
    },
  },
  {
    what: 'one who is not in sudoers',
    method: 'sudo',
    password: 'own',
    ends: { message: 'sudo does not let this user become root', hint: ['The password is right', 'sudo -l', 'not in the sudoers file'] },
  },
  {
    what: 'one who may run other commands only',
    method: 'sudo',
    sudoers: ['USER ALL=(ALL:ALL) /usr/bin/id'],
    password: 'own',
    ends: { message: 'sudo does not let this user become root', hint: ['must let this user run ALL, or /bin/sh', 'is not allowed to execute'] },
  },
  {
    what: 'a user whom there is not',
    method: 'sudo',
    sudoers: [free],
    to: 'nobody-there',
    ends: { message: 'there is no user nobody-there', hint: ['Create it first'] },
  },
  {
    what: 'a second question after the password',
    method: 'sudo',
    sudoers: [all],
    group: 'asked-twice',
    password: 'own',
    ends: {
      message: 'sudo does not take the password for becoming root: it asks again',
      hint: ['tried once', 'A second question (a one-time code) is not answered'],
    },
  },
  {
    what: 'another question than for the password',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER !passprompt_override'],
    group: 'asked-other',
    password: 'own',
    seconds: 3,
    shown: 0,
    ends: { message: 'becoming root took longer than 3 s', hint: ['one-time code cannot be given', 'Password required for'] },
  },
  { what: 'requiretty', method: 'sudo', sudoers: [free, 'Defaults:USER requiretty'], onTerminal: true, ends: 'root' },
  { what: 'requiretty with a password', method: 'sudo', sudoers: [all, 'Defaults:USER requiretty'], password: 'own', onTerminal: true, ends: 'root' },
  {
    what: 'requiretty without use_pty, to another user',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER requiretty, !use_pty'],
    password: 'own',
    to: 'other',
    onTerminal: true,
    ends: 'other',
  },
  {
    what: 'requiretty with all else',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER requiretty, pwfeedback, log_input, log_output, lecture=always, lecture_file=/etc/lecture'],
    password: 'own',
    onTerminal: true,
    ends: 'root',
  },
  {
    what: 'requiretty, in German',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER requiretty'],
    password: 'own',
    language: 'de_DE.UTF-8',
    onTerminal: true,
    ends: 'root',
  },
  {
    what: 'requiretty with a wrong password',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER requiretty'],
    password: 'wrong',
    onTerminal: true,
    ends: { message: 'sudo does not take the password for becoming root: it asks again', hint: ['tried once'] },
  },
  {
    what: 'requiretty without a password that sudo wants',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER requiretty'],
    onTerminal: true,
    ends: { message: 'sudo wants a password to become root', hint: ['a password is required'] },
  },
  {
    what: 'requiretty and another question',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER requiretty, !passprompt_override'],
    group: 'asked-other',
    password: 'own',
    shown: 0,
    onTerminal: true,
    ends: {
      message: 'sudo asks for something else than the password to become root, and gets no answer',
      hint: ['passprompt_override', 'Password required for'],
    },
  },
  {
    what: 'requiretty on a host that gives no terminals',
    method: 'sudo',
    sudoers: [all, 'Defaults:USER requiretty'],
    password: 'own',
    terminals: false,
    shown: 0,
    ends: { message: 'sudo there wants a terminal to become root, and there is none', hint: ['PermitTTY', 'requiretty', 'must have a tty'] },
  },
  { what: 'sudo with a password on a host that gives no terminals', method: 'sudo', sudoers: [all], password: 'own', terminals: false, ends: 'root' },
  {
    what: 'no sudo',
    method: 'sudo',
    password: 'own',
    bare: true,
    shown: 0,
    ends: {
      message: 'there is no sudo, so this user cannot become root',
      hint: ['Install sudo there, set become_method to doas or su', 'ssh_user: root'],
    },
  },
  { what: 'no sudo, for root', method: 'sudo', to: 'other', asRoot: true, bare: true, ends: 'other' },
  { what: 'su with a password', method: 'su', password: 'root', onTerminal: true, ends: 'root' },
  { what: 'su to another user', method: 'su', password: 'other', to: 'other', onTerminal: true, ends: 'other' },
  { what: 'su in German', method: 'su', password: 'root', language: 'de_DE.UTF-8', onTerminal: true, ends: 'root' },
  { what: 'su in Japanese', method: 'su', password: 'other', to: 'other', language: 'ja_JP.UTF-8', onTerminal: true, ends: 'other' },
  { what: 'su for root', method: 'su', to: 'other', asRoot: true, ends: 'other' },
  { what: 'su that trusts a group', method: 'su', group: 'trusted', onTerminal: true, ends: 'root' },
  {
    what: 'su with a wrong password',
    method: 'su',
    password: 'wrong',
    to: 'other',
    onTerminal: true,
    ends: {
      message: 'su does not take the password, or does not let this user become other',
      hint: ['tried once', 'that of other there'],
    },
  },
  {
    what: 'su with a wrong password, in German',
    method: 'su',
    password: 'wrong',
    to: 'other',
    language: 'de_DE.UTF-8',
    onTerminal: true,
    ends: { message: 'su does not take the password, or does not let this user become other', hint: ['tried once'] },
  },
  {
    what: 'su without a password',
    method: 'su',
    onTerminal: true,
    ends: { message: 'su wants a password to become root', hint: ['become_password, or -K', 'log in as that user', 'that of root there'] },
  },
  {
    what: 'su that keeps a group out',
    method: 'su',
    group: 'denied',
    password: 'root',
    shown: 0,
    onTerminal: true,
    ends: { message: 'su does not let this user become root', hint: ['/etc/pam.d/su'] },
  },
  {
    what: 'su to one whose account has expired',
    method: 'su',
    password: 'other',
    to: 'expired',
    onTerminal: true,
    ends: { message: 'su does not take the password, or does not let this user become expired', hint: ['has expired'] },
  },
  {
    what: 'su to one who has no shell',
    method: 'su',
    password: 'other',
    to: 'shellless',
    onTerminal: true,
    ends: { message: 'su does not take the password, or does not let this user become shellless', hint: ['/etc/shells', 'not available'] },
  },
  {
    what: 'su and a second question',
    method: 'su',
    password: 'other',
    to: 'coded',
    onTerminal: true,
    ends: { message: 'su does not take the password for becoming coded: it asks again', hint: ['one-time code', 'Password required for coded'] },
  },
  {
    what: 'su on a host that gives no terminals',
    method: 'su',
    password: 'root',
    terminals: false,
    shown: 0,
    ends: { message: 'su there wants a terminal to become root, and there is none', hint: ['PermitTTY'] },
  },
  {
    what: 'su to a user whom there is not',
    method: 'su',
    password: 'root',
    to: 'nobody-there',
    shown: 0,
    onTerminal: true,
    ends: { message: 'there is no user nobody-there', hint: ['check become_user'] },
  },
  { what: 'doas that asks nothing', method: 'doas', doas: 'permit nopass USER', ends: 'root' },
  { what: 'doas that asks nothing is shown no password', method: 'doas', doas: 'permit nopass USER', password: 'own', shown: 0, ends: 'root' },
  { what: 'doas with a password', method: 'doas', doas: 'permit USER', password: 'own', onTerminal: true, ends: 'root' },
  { what: 'doas to another user', method: 'doas', doas: 'permit USER as other', password: 'own', to: 'other', onTerminal: true, ends: 'other' },
  { what: 'doas in German', method: 'doas', doas: 'permit USER', password: 'own', language: 'de_DE.UTF-8', onTerminal: true, ends: 'root' },
  {
    what: 'doas with a wrong password',
    method: 'doas',
    doas: 'permit USER',
    password: 'wrong',
    onTerminal: true,
    ends: { message: 'doas does not take the password, or does not let this user become root', hint: ['tried once', '/etc/doas.conf'] },
  },
  {
    what: 'doas without a password that it wants',
    method: 'doas',
    doas: 'permit USER',
    ends: { message: 'doas wants a password to become root', hint: ['become_password, or -K', 'nopass', 'uthentication required'] },
  },
  {
    what: 'doas without a rule',
    method: 'doas',
    password: 'own',
    shown: 0,
    onTerminal: true,
    ends: { message: 'doas does not let this user become root', hint: ['/etc/doas.conf', 'not permitted'] },
  },
  {
    what: 'no doas',
    method: 'doas',
    password: 'own',
    bare: true,
    shown: 0,
    ends: { message: 'there is no doas, so this user cannot become root', hint: ['Install doas there, set become_method to sudo or su'] },
  },
];
