// What a mail server says to one that brings mail (RFC 5321), over TLS and after a login only (RFC 3207, RFC 4954).

/** What arrives in one session. */
export interface Delivery {
  /** The user that has logged in. */
  readonly user: string;
  readonly from: string;
  readonly to: readonly string[];
  /** The mail, a character for each byte. */
  readonly source: string;
}

export interface SessionOptions {
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly isEncrypted: boolean;
  readonly send: (text: string) => void;
  readonly end: () => void;
  /** Encrypts the connection; a new session begins on it. */
  readonly startTls: () => void;
  readonly deliver: (delivery: Delivery) => void;
}

/**
 * Begins a session; the greeting of a new connection is the caller's, as one that has just been encrypted gets none.
 * @returns what takes the lines that come, without their ends
 */
export function openSession(options: SessionOptions): (line: string) => void {
  const { name, isEncrypted, send } = options;
  let user: string | undefined;
  let from: string | undefined;
  let to: string[] = [];
  /** Takes the lines of a mail or of a login instead of commands. */
  let taking: ((line: string) => void) | undefined;

  const authenticate = (given: string, password: string): void => {
    taking = undefined;
    const isRight = given === options.user && password === options.password;
    if (isRight) user = given;
    send(isRight ? '235 welcome\r\n' : '535 user or password is wrong\r\n');
  };
  const plain = (encoded: string): void => {
    const [, given = '', password = ''] = Buffer.from(encoded, 'base64').toString().split('\0');
    authenticate(given, password);
  };
  const ask = (what: string, then: (answer: string) => void): void => {
    taking = then;
    send(`334 ${Buffer.from(what).toString('base64')}\r\n`);
  };
  const logIn = (mechanism: string, initial: string | undefined): void => {
    if (!isEncrypted) send('538 first STARTTLS\r\n');
    else if (mechanism === 'PLAIN' && initial !== undefined) plain(initial);
    else if (mechanism === 'PLAIN') ask('', plain);
    else if (mechanism === 'LOGIN')
      ask('Username:', (given) =>
        ask('Password:', (password) => authenticate(Buffer.from(given, 'base64').toString(), Buffer.from(password, 'base64').toString())),
      );
    else send('504 no such mechanism\r\n');
  };
  const takeMail = (): void => {
    const lines: string[] = [];
    taking = (line) => {
      if (line !== '.') return void lines.push(line.replace(/^\./, ''));
      taking = undefined;
      options.deliver({ user: user ?? '', from: from ?? '', to, source: lines.join('\r\n') });
      [from, to] = [undefined, []];
      send('250 taken\r\n');
    };
    send('354 go on\r\n');
  };
  const address = (words: string): string => /<([^>]*)>/.exec(words)?.[1] ?? '';

  return (line) => {
    if (taking) return taking(line);
    const [verb = '', ...words] = line.split(' ');
    switch (verb.toUpperCase()) {
      case 'EHLO':
        return send(`250-${name}\r\n250-8BITMIME\r\n250 ${isEncrypted ? 'AUTH PLAIN LOGIN' : 'STARTTLS'}\r\n`);
      case 'STARTTLS':
        return isEncrypted ? send('503 it is encrypted\r\n') : options.startTls();
      case 'AUTH':
        return logIn((words[0] ?? '').toUpperCase(), words[1]);
      case 'MAIL':
        if (user === undefined) return send('530 log in first\r\n');
        from = address(line);
        return send('250 ok\r\n');
      case 'RCPT':
        if (from === undefined) return send('503 MAIL comes first\r\n');
        to.push(address(line));
        return send('250 ok\r\n');
      case 'DATA':
        return to.length === 0 ? send('503 RCPT comes first\r\n') : takeMail();
      case 'RSET':
        [from, to] = [undefined, []];
        return send('250 ok\r\n');
      case 'NOOP':
        return send('250 ok\r\n');
      case 'QUIT':
        send('221 bye\r\n');
        return options.end();
      default:
        return send('502 not known here\r\n');
    }
  };
}
