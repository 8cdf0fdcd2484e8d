#!/usr/bin/env bash
# OpenStack Swift on one node, with its S3 API. Prints the endpoint once it answers, and ends with
# everything it started when its standard input ends: also when a test is killed.
#
#     swift.sh FOLDER PORT OBJECT_PORT CONTAINER_PORT ACCOUNT_PORT MEMCACHED_PORT
#
# Access key "test:tester", secret "testing". Every file is below FOLDER, which needs extended attributes.
set -euo pipefail
. "$(dirname "$0")/serving.sh"
folder=$1 port=$2 object=$3 container=$4 account=$5 memcached=$6
user=$(id -un)
logs="$folder/log"
mkdir -p "$folder"/{etc,dev/one,log}
cd "$folder/etc"

printf '[swift-hash]\nswift_hash_path_prefix = test\nswift_hash_path_suffix = test\n' >swift.conf
printf '[storage-policy:0]\nname = one\ndefault = yes\n' >>swift.conf

server() {
  swift-ring-builder "$1.builder" create 4 1 1
  swift-ring-builder "$1.builder" add --region 1 --zone 1 --ip 127.0.0.1 --port "$2" --device one --weight 1
  swift-ring-builder "$1.builder" rebalance
  cat >"$1-server.conf" <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
workers = 0
user = $user
swift_dir = $folder/etc
devices = $folder/dev
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
CONF
}
{ server object "$object"; server container "$container"; server account "$account"; } >"$logs/rings.log" 2>&1

cat >proxy-server.conf <<CONF
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
workers = 0
user = $user
swift_dir = $folder/etc
[pipeline:main]
pipeline = catch_errors healthcheck cache listing_formats bulk s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$memcached
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
max_upload_part_num = 10000
# Parts of any size: tests need small ones.
min_segment_size = 1
check_bucket_owner = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
max_manifest_segments = 10000
[filter:dlo]
use = egg:swift#dlo
CONF

start "$logs/memcached.log" memcached -u "$user" -l 127.0.0.1 -p "$memcached" -m 16 -t 1
for name in account container object proxy; do
  start "$logs/$name.log" "swift-$name-server" "$folder/etc/$name-server.conf" -v
done
serve Swift "http://127.0.0.1:$port" /healthcheck
