#!/bin/sh
# The steps that put tusd-ts into an image of Debian with Node: install.sh TARBALL
set -eu
apt-get update -qq
apt-get install -y -qq --no-install-recommends tini
npm install --global --omit=dev --no-audit --no-fund "$1"
# Copied with the modes of the checkout, whose umask may keep others out.
chmod -R a+rX /opt/tusd-ts
# Any user may keep uploads there; a volume begins with these permissions.
mkdir -p /data
chmod 1777 /data
npm cache clean --force
rm -rf /var/lib/apt/lists/* /root/.npm /tmp/*
tusd-ts --version
