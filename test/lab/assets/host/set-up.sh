#!/bin/sh
# Runs once, inside the image of a host.
set -eu
export DEBIAN_FRONTEND=noninteractive

rm -f /etc/apt/sources.list
apt-get update -q
apt-get install -q -y --no-install-recommends \
    ca-certificates dbus iproute2 openssh-server procps sudo systemd systemd-sysv
update-ca-certificates

# Base images forbid services to start on install; a server does not.
rm -f /usr/sbin/policy-rc.d

# Every host makes its own keys at its first start: keys in an image would be shared by all.
rm -f /etc/ssh/ssh_host_*
mkdir -p /etc/systemd/system/ssh.service.d
cat > /etc/systemd/system/ssh.service.d/lab.conf <<'UNIT'
[Service]
ExecStartPre=
ExecStartPre=/usr/bin/ssh-keygen -A
ExecStartPre=/usr/sbin/sshd -t
UNIT
cat > /etc/ssh/sshd_config.d/lab.conf <<'SSHD'
PermitRootLogin prohibit-password
PasswordAuthentication yes
UseDNS no
SSHD

# Nothing in a container needs these, and some fail in one.
systemctl mask getty.target console-getty.service systemd-logind.service systemd-udevd.service \
    sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount \
    apt-daily.timer apt-daily-upgrade.timer >/dev/null 2>&1
systemctl enable ssh >/dev/null 2>&1

# Besides root: one who may use sudo with a password, and one who may not.
useradd --create-home --shell /bin/bash --groups sudo deploy
useradd --create-home --shell /bin/sh guest

# Nor may hosts share an id: systemd takes it over from D-Bus, if it is there.
rm -f /var/lib/dbus/machine-id
: > /etc/machine-id
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
