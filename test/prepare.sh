#!/bin/sh
# What `npm run demo` and `npm test` do first, on a fresh clone too: the npm packages of the lockfile, and a build. Everything else
# that the lab needs is installed by the lab itself, which says so.
set -eu

cd "$(dirname "$0")/.."

# npm writes this file at the end of an install: it is older than the lockfile when the lockfile has changed since.
installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ -n "$(find package.json package-lock.json -newer "$installed")" ]; then
    echo 'installing the npm packages of package-lock.json into node_modules/'
    npm ci --ignore-scripts --no-audit --no-fund
fi

npm run -s build
