#!/bin/bash
# Ends a cluster that up.sh started in $WORK and leaves nothing of it behind. KEEPLOGS=1 keeps $WORK/log.
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORK=$(realpath -m "${WORK:?}") NAME=${NAME:-tc}
say() { printf '%5ds  %s\n' "$SECONDS" "$*"; }
[ "$(id -u)" = 0 ] || { echo "down.sh: must run as root" >&2; exit 1; }
rc=0; bad() { echo "down.sh: $*" >&2; rc=1; }

# ending a node's first process ends all of its processes (PID namespace), and with them its mounts and addresses
alive() { [ -n "$2" ] && [ "$(cut -d' ' -f22 "/proc/$1/stat" 2>/dev/null)" = "$2" ]; } # PID STARTTIME, as up.sh noted them
for f in "$WORK"/run/node*.pid; do [ -e "$f" ] || continue
  pid=$(cat "$f") born=$(cat "${f%.pid}.born" 2>/dev/null)
  alive "$pid" "$born" && kill -KILL "$pid"
  for n in $(seq 200); do alive "$pid" "$born" || break; sleep 0.1; done
  alive "$pid" "$born" && { echo "down.sh: process $pid (${f##*/}) does not end: nothing more was undone" >&2; exit 1; }
done
for l in /sys/class/net/"$NAME"-n[0-9]* /sys/class/net/"$NAME-br"; do [ -e "$l" ] && ip link del "${l##*/}" 2>/dev/null; done
for h in /sys/fs/cgroup/*/; do [ -d "$h$NAME" ] || continue
  for n in $(seq 50); do find "$h$NAME" -depth -type d -exec rmdir {} + 2>/dev/null; [ -d "$h$NAME" ] || break; sleep 0.1; done
  [ ! -d "$h$NAME" ] || bad "control group $h$NAME stays"; done
[ ! -s "$WORK/sysctl.saved" ] || sysctl -q -p "$WORK/sysctl.saved" >/dev/null || bad "system settings not restored"
if grep -q " $WORK/" /proc/self/mounts; then bad "mounts left under $WORK"; else
  for d in "$WORK"/node* "$WORK"/{etcd,pki,run,sys} "$WORK"/*.kubeconfig "$WORK"/coredns.yaml "$WORK"/sysctl.saved; do rm -rf --one-file-system "$d" || bad "cannot remove $d"; done
  [ -n "${KEEPLOGS:-}" ] || rm -rf "$WORK/log"
  rm -f "$WORK/up"; rmdir "$WORK" 2>/dev/null
fi
[ $rc = 0 ] && say "cluster $NAME is gone"
exit $rc
