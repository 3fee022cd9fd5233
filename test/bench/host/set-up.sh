#!/bin/sh
# Runs once, inside the image of a host of the bench.
set -eu
ssh-keygen -A
# What W1 removes.
mkdir -p /opt/bench-old/share /etc/cron.d
echo old > /etc/bench-old.conf
echo old > /opt/bench-old/share/old
echo '# old' > /etc/cron.d/bench-old
ln -s /opt/bench-old /usr/local/bin/bench-old
