#!/usr/bin/env bash
# A Ceph of one monitor, one OSD in memory, and radosgw, which speaks S3. Prints the endpoint once it
# answers, and ends with everything it started when its standard input ends: also when a test is killed.
#
#     ceph.sh FOLDER PORT MONITOR_PORT [SETTING OF radosgw]...
#
# Access key "test-access", secret "test-secret". Every file is below FOLDER.
set -euo pipefail
. "$(dirname "$0")/serving.sh"
folder=$1 port=$2 monitor=$3
shift 3
logs="$folder/log"
mkdir -p "$folder"/{mon,osd,run,log,rgw}
fsid=$(cat /proc/sys/kernel/random/uuid)
export CEPH_CONF="$folder/ceph.conf"

{
  cat <<CONF
[global]
fsid = $fsid
mon host = v1:127.0.0.1:$monitor/0
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
run dir = $folder/run
log file = $folder/log/\$name.log
admin socket = $folder/run/\$name.asok
pid file = $folder/run/\$name.pid
crash dir = $folder/log
keyring = $folder/keyring
# One OSD: nothing is replicated, and pools stay small.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon osd full ratio = 0.99
mon data avail warn = 1
mon data avail crit = 1
# The monitor would wait for others to agree with.
paxos propose interval = 0.02
paxos min wait = 0.01
[mon]
mon data = $folder/mon
mon cluster log file = $folder/log/cluster.log
[osd]
osd data = $folder/osd
osd objectstore = ${CEPH_OBJECTSTORE:-memstore}
memstore device bytes = 6442450944
bluestore block size = 17179869184
bluestore fsck on mount = false
osd op num shards = 2
osd op num threads per shard = 1
osd class update on start = false
osd crush update on start = false
[client]
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw data = $folder/rgw
rgw thread pool size = 32
rgw run sync thread = false
rgw enable usage log = false
# What is deleted frees its memory within seconds.
rgw gc obj min wait = 5
rgw gc processor period = 5
rgw gc processor max time = 5
CONF
  for setting in "$@"; do echo "$setting"; done
} >"$CEPH_CONF"

# Each writes a log of its own; what it says before that is kept beside it.
early="$logs/start.log"

: >"$folder/keyring"
monmaptool --create --clobber --addv a "[v1:127.0.0.1:$monitor]" --fsid "$fsid" "$folder/monmap" >/dev/null
ceph-mon -i a --mkfs --monmap "$folder/monmap" >/dev/null
start "$early" ceph-mon -i a -f
ready 'the monitor' ceph --connect-timeout 10 osd new "$fsid" >/dev/null
# A client that sends its command before it has the monitor's map is refused: it asks again.
ready 'the monitor' ceph osd crush add osd.0 1 host=here root=default >/dev/null 2>>"$early"
ceph-osd -i 0 --mkfs --osd-uuid "$fsid" >/dev/null 2>&1
start "$early" ceph-osd -i 0 -f
radosgw-admin user create --uid=test --display-name=test --access-key=test-access \
  --secret-key=test-secret >/dev/null 2>>"$early"
start "$early" radosgw -n client.rgw -f

serve radosgw "http://127.0.0.1:$port" /
