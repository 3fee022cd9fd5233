declare module 'ssh2/lib/protocol/keyParser.js' {
  import type ssh2 from 'ssh2';

  const keyParser: Pick<typeof ssh2.utils, 'parseKey'>;
  export default keyParser;
}
