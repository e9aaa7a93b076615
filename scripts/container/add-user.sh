#!/bin/sh
# Adds the user of the daemon, and its directories.
set -eu
groupadd --gid 10001 tokensd
# Without a home directory, in which `tokens` would keep compiled code.
useradd --uid 10001 --gid tokensd --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin tokensd
# A new volume gets the owner and the mode of the directory over which it is mounted.
install --directory --owner=tokensd --group=tokensd --mode=0700 /data
# For the Unix sockets of TOKENSD_LISTEN and TOKENSD_INTERNAL_LISTEN. A proxy in the group 10001 reaches them.
install --directory --owner=tokensd --group=tokensd --mode=0750 /run/tokensd
