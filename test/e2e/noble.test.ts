import { tryPlatform } from './platform.ts';

// systemd listens for sshd.
tryPlatform({ release: 'noble', postgresql: 16, nginx: /^ +listen 443 ssl http2;/m, ssh: 'tcp 22 sshd, systemd' });
