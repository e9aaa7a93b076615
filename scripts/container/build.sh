#!/bin/sh
# Builds the programs and puts the files of the image below the directory $1. Needs Node.js and npm, and a C++ compiler and
# Python if there is no prebuilt sqlite3 for this machine.
set -eu
# Also runs the script "prepare" of package.json, which builds.
npm ci --no-audit --no-fund
node scripts/container/image-tree.mjs "$1"
