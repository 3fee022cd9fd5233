#!/bin/sh
# Writes down where it runs and what it was given.
if [ "$1" = fail ]; then
  echo 'words of mine' >&2
  exit 7
fi
{
  pwd
  echo "$#"
  printf '%s\n' "$@"
  cat
} >/srv/real-script
