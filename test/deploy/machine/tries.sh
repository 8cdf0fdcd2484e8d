#!/bin/sh
# Tries, as a user without rights, what the unit takes from the programs in it. Prints a line for each: yes or no.
# Folders and files that all may use are made before, so that a "no" comes from the unit alone.
cat >/dev/null
own=$(mktemp -d "${1:-/tmp}/tries.XXXXXX")
try() {
  name=$1
  shift
  if "$@" >/dev/null 2>&1; then echo "$name: yes"; else echo "$name: no"; fi
}
try 'writes in /etc' touch /etc/open/file
try 'writes in /srv' touch /srv/open/file
try 'sees /home' test -e /home/open
try 'sees /tmp of others' test -e /tmp/open
try 'sees all devices' test -e /dev/open
try 'sees all processes' test -e /proc/1/status
try 'writes to control groups' touch /sys/fs/cgroup/open/cgroup.procs
try 'makes a namespace' unshare --user true
try 'opens a netlink socket' python3 -c 'import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)'
try 'changes its priority' renice --priority 1 $$
try 'changes its scheduling' chrt --batch 0 true
try 'changes its personality' setarch --addr-no-randomize true
touch "$own/file"
try 'sets the user bit' chmod u+s "$own/file"
try 'makes files for others' sh -c 'touch "$1"; test "$(stat --format %a "$1")" = 644' - "$own/file2"
try 'may gain rights' grep -q '^NoNewPrivs:.0' /proc/self/status
try 'has a bounding set' grep -q '^CapBnd:.*[1-9a-f]' /proc/self/status
try 'is known by its number outside' grep -q '^ *0 *0 *4294967295' /proc/self/uid_map
rm -r "$own"
