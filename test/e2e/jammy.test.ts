import { tryPlatform } from './platform.ts';

tryPlatform({
  release: 'jammy',
  postgresql: 14,
  nginx: /^ +listen 443 ssl http2;/m,
  ssh: 'tcp 22 sshd',
  // coturn 4.5 listens on second ports.
  turn: ['tcp 3478', 'udp 3478', 'tcp 3479', 'udp 3479', 'tcp 5349', 'tcp 5350'],
});
