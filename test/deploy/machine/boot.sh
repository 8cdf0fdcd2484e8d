#!/bin/sh
# Runs systemd as the first process of a machine of its own: boot.sh WORK PACKAGE DIST NODE
#
# The machine has this one's /usr, read-only, and a network, process numbers, control groups and all other
# folders of its own. WORK is an empty folder. In the machine, the package of which PACKAGE has package.json
# and node_modules, and DIST the program, is installed as npm installs it globally.
# WORK/pid gets the number that systemd has out here. All ends with this process.
set -eu
work=$1 package=$2 dist=$3 node=$4

if [ "${5-}" != inside ]; then
  # A group of its own: systemd makes its groups in the one that it begins in.
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  group=/sys/fs/cgroup/$(basename "$work")
  mkdir "$group"
  echo $$ >"$group/cgroup.procs"
  exec unshare --cgroup --ipc --uts --net --pid --fork --kill-child \
    sh "$0" "$work" "$package" "$dist" "$node" inside
fi

# /proc is still the one out there.
read -r pid _ </proc/self/stat

root=$work/root
mkdir "$root"
mount -t tmpfs -o mode=0755,size=2g machine "$root"
cd "$root"
mkdir -p dev etc home old opt proc root run srv sys tmp usr var/cache var/lib var/log var/tmp
chmod 1777 tmp var/tmp
chmod 0700 root
ln -s ../run var/run

mount --bind /usr usr
mount -o remount,bind,ro usr
for name in bin lib lib32 lib64 libx32 sbin; do
  if [ -L "/$name" ]; then ln -s "$(readlink "/$name")" "$name"; fi
done
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup

mount -t tmpfs -o mode=0755 machine dev
while read -r name minor; do
  mknod -m 666 "dev/$name" c 1 "$minor"
done <<END
null 3
zero 5
full 7
random 8
urandom 9
END
mknod -m 666 dev/tty c 5 0
mkdir dev/pts
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

echo 'root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin' >etc/passwd
echo 'root:x:0:
adm:x:4:
systemd-journal:x:101:
nogroup:x:65534:' >etc/group
echo 'passwd: files systemd
group: files systemd
hosts: files' >etc/nsswitch.conf
echo '127.0.0.1 localhost' >etc/hosts
echo machine >etc/hostname
echo 5d5c7b0e6a3f4f0f9a1b2c3d4e5f6071 >etc/machine-id
ln -s ../usr/lib/os-release etc/os-release
if [ -e /etc/ld.so.cache ]; then cp /etc/ld.so.cache etc/; fi
# Nothing is to be brought up to date with /usr.
touch etc/.updated var/.updated
mkdir -p etc/systemd/system
# What this machine has installed besides, and what needs hardware.
for unit in dbus.service dbus.socket getty.target systemd-logind.service systemd-udevd.service \
  systemd-udev-trigger.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
  systemd-networkd.service systemd-resolved.service systemd-timesyncd.service dev-hugepages.mount \
  sys-fs-fuse-connections.mount sys-kernel-debug.mount sys-kernel-tracing.mount; do
  ln -s /dev/null "etc/systemd/system/$unit"
done

mount -t tmpfs -o mode=0755 machine usr/local
installed=usr/local/lib/node_modules/tusd-ts
mkdir -p usr/local/bin "$installed/dist" "$installed/node_modules" "$installed/deploy"
cp "$package/package.json" "$installed/"
mount --bind "$dist" "$installed/dist"
mount --bind "$package/node_modules" "$installed/node_modules"
mount --bind "$package/deploy" "$installed/deploy"
touch usr/local/bin/node
mount --bind "$node" usr/local/bin/node
ln -s ../lib/node_modules/tusd-ts/dist/bin/tusd-ts.js usr/local/bin/tusd-ts

echo "$pid" >"$work/pid.new"
mv "$work/pid.new" "$work/pid"
pivot_root . old
cd /
# As systemd leaves it to who makes the container: a service's credentials are mounted for it from outside.
exec chroot . sh -c 'umount -l /old && rmdir /old && mount --make-rshared / &&
  exec env -i container=machine PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /usr/lib/systemd/systemd --unit=multi-user.target --log-target=journal --show-status=no'
