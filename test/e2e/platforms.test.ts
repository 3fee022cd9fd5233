import { tryPlatform } from './platform.ts';

tryPlatform({
  release: 'trixie',
  postgresql: 17,
  nginx: /^ +http2 on;\n[^]*^ +ssl_ecdh_curve X25519MLKEM768:/m,
  ssh: 'tcp 22 sshd',
});
