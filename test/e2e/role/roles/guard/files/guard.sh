#!/bin/sh
# Counts the lines of each jail's log that match its pattern, again and again.
. /etc/guard/guard.conf
while :; do
  for jail in /etc/guard/jail.d/*.conf; do
    . "$jail"
    count=$(grep -c -e "$pattern" "$log")
    [ "$count" -lt "$most" ] || echo "$jail: $count"
  done
  sleep "$interval"
done
