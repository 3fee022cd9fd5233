#!/bin/sh
# Runs once, inside the image of a host of the bench.
set -eu
ssh-keygen -A
# A first install brings what it names and no more: no mail server for cron.
echo 'APT::Install-Recommends "false";' > /etc/apt/apt.conf.d/bench
# What W1 removes.
mkdir -p /opt/bench-old/share /etc/cron.d
echo old > /etc/bench-old.conf
echo old > /opt/bench-old/share/old
echo '# old' > /etc/cron.d/bench-old
ln -s /opt/bench-old /usr/local/bin/bench-old
