#!/bin/bash
# Starts a real Kubernetes on this machine from the binaries in $BIN, with all its state in $WORK and every
# process, mount and address inside namespaces of its own. Undo with down.sh. See README.md for the variables.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BIN=${BIN:?} WORK=${WORK:?} NODES=${NODES:-1} NAME=${NAME:-tc}
NET=${NET:-10.10.1} POD=${POD:-10.244} SVC=${SVC:-10.96} CNIBIN=${CNIBIN:-/usr/lib/cni} IMAGES=${IMAGES:-}
say() { printf '%5ds  %s\n' "$SECONDS" "$*"; }
die() { echo "up.sh: $*" >&2; exit 1; }
mkdir -p "$WORK"; WORK=$(realpath "$WORK") BIN=$(realpath "$BIN" 2>/dev/null || echo "$BIN")
P=$WORK/pki API=$NET.11 DNS=$SVC.0.10

# --- what must be there, said before anything is started
[ "$(id -u)" = 0 ] || die "must run as root"
for n in kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl etcd netpol coredns pause; do
  [ -x "$BIN/$n" ] || die "no $n in $BIN: run build.sh first"; done
for n in containerd ctr runc openssl iptables conntrack buildah ip nsenter unshare; do
  command -v $n >/dev/null || die "$n is missing: apt-get install containerd runc containernetworking-plugins iptables conntrack buildah iproute2 openssl"; done
[ -e /sys/fs/cgroup/memory/cgroup.procs ] || die "needs cgroup v1 (a memory hierarchy at /sys/fs/cgroup/memory)"
[ -x "$CNIBIN/bridge" ] || die "no CNI plugins in $CNIBIN (CNIBIN): apt-get install containernetworking-plugins"
case $WORK in /run/*|/var/lib/*|/var/log/*|/var/run/*) die "WORK must not lie under /run, /var/lib or /var/log (hidden inside the nodes)";; esac
[ ! -e "$WORK/up" ] || die "$WORK is in use: run down.sh first"
[ ! -e "/sys/class/net/$NAME-br" ] || die "another cluster uses NAME=$NAME (interface $NAME-br exists): run its down.sh or set NAME and NET"
[ ${#NAME} -le 8 ] || die "NAME may have 8 characters at most"

fail() {
  echo "up.sh: failed after ${SECONDS}s: $1; the last lines of the logs in $WORK/log:" >&2
  for f in "$WORK"/log/*.log; do [ -s "$f" ] && { echo "--- $(basename "$f")"; tail -n 4 "$f"; } >&2; done
  [ -n "${KEEP:-}" ] || KEEPLOGS=1 WORK=$WORK NAME=$NAME bash "$HERE/down.sh" >&2 || true
  exit 1
}
trap 'fail "line $LINENO"' ERR
waitfor() { # SECONDS WHAT COMMAND...
  local end=$((SECONDS + $1)) what=$2; shift 2
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || fail "no $what in time"; sleep 0.2; done; }

rm -rf "$WORK"/{log,pki,run,etcd,node*}; mkdir -p "$WORK"/{log,pki,run}; touch "$WORK/up"
# the kubelet changes these for the whole machine: down.sh puts them back
for k in vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes; do
  v=$(sysctl -n $k 2>/dev/null) && echo "$k=$v"; done > "$WORK/sysctl.saved"

# --- nodes: one set of namespaces each, joined by a bridge; the host is $NET.1
ip link add "$NAME-br" type bridge; ip addr add "$NET.1/24" dev "$NAME-br"; ip link set "$NAME-br" up
inside() { local p; p=$(cat "$WORK/run/node$1.pid"); shift; nsenter -t "$p" -n -m -u -i -p "$@"; }
start() { local i=$1 log=$2; shift 2; setsid nohup nsenter -t "$(cat "$WORK/run/node$i.pid")" -n -m -u -i -p "$@" </dev/null >"$WORK/log/$log.log" 2>&1 & disown; }
mkdir -m 700 "$WORK/etcd"
for i in $(seq "$NODES"); do
  D=$WORK/node$i; mkdir -p "$D"/{cni,ipam,pods,volumeplugins}
  setsid unshare --net --uts --ipc --pid --mount --propagation slave --fork --kill-child --mount-proc "$BIN/pause" </dev/null >/dev/null 2>&1 &
  u=$!; disown; until pid=$(pgrep -P $u); do sleep 0.05; done
  echo "$pid" > "$WORK/run/node$i.pid"; cut -d' ' -f22 "/proc/$pid/stat" > "$WORK/run/node$i.born"
  for h in /sys/fs/cgroup/*/; do [ -e "$h/cgroup.procs" ] || continue
    for g in "$h$NAME" "$h$NAME/node$i"; do mkdir -p "$g"
      [ ! -e "$g/cpu.shares" ] || echo $((4096 * $(nproc))) > "$g/cpu.shares" # else all pods together get one share
      [ ! -e "$g/cpuset.cpus" ] || { cat "$g/../cpuset.cpus" > "$g/cpuset.cpus"; cat "$g/../cpuset.mems" > "$g/cpuset.mems"; }; done; done
  ip link add "$NAME-n$i" type veth peer name eth0 netns "$pid"
  ip link set "$NAME-n$i" master "$NAME-br" up
  inside "$i" bash -ec "
    until [ -e /proc/1/ns/net ]; do sleep 0.05; done
    hostname node$i; mount --make-rshared /
    for d in /run /var/lib /var/log; do mount -t tmpfs tmpfs \$d; done
    mkdir -p /run/netns /run/lock /var/lib/cni
    ip link set lo up; ip addr add $NET.$((10 + i))/24 dev eth0; ip link set eth0 up; ip route add default via $NET.1
    for j in \$(seq $NODES); do [ \$j = $i ] || ip route add $POD.\$j.0/24 via $NET.\$((10 + j)); done
    echo 1 > /proc/sys/net/ipv4/ip_forward"
  : > "$D/resolv.conf"
  sed "s#@D@#$D#g; s#@CNIBIN@#$CNIBIN#" "$HERE/templates/containerd.toml" > "$D/containerd.toml"
  sed "s#@D@#$D#g; s#@PODS@#$POD.$i.0/24#" "$HERE/templates/cni.conflist" > "$D/cni/10-pods.conflist"
  sed "s#@D@#$D#g; s#@PKI@#$P#g; s#@NODE@#node$i#g; s#@CGROUP@#$NAME/node$i#; s#@DNS@#$DNS#" "$HERE/templates/kubelet.yaml" > "$D/kubelet.yaml"
  start "$i" "containerd$i" containerd -c "$D/containerd.toml"
done
for i in $(seq "$NODES"); do ip route replace "$POD.$i.0/24" via "$NET.$((10 + i))"; done
ip route replace "$SVC.0.0/16" via "$API"
say "$NODES node(s), containerd starting"

start 1 etcd "$BIN/etcd" --name "$NAME" --data-dir "$WORK/etcd" --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --unsafe-no-fsync --log-level warn

# --- certificates and kubeconfigs
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$P/$1.key"; }
cert() { # NAME SUBJECT EXTENSIONS
  key "$1"; openssl req -new -key "$P/$1.key" -subj "$2" -out "$P/$1.csr" 2>/dev/null
  openssl x509 -req -in "$P/$1.csr" -CA "$P/ca.crt" -CAkey "$P/ca.key" -CAcreateserial -days 365 -out "$P/$1.crt" -extfile <(echo "${3:-extendedKeyUsage=clientAuth}") 2>/dev/null; }
conf() { # NAME SERVER
  cat > "$WORK/$1.kubeconfig" <<E
{"apiVersion": "v1", "kind": "Config", "current-context": "$NAME",
 "clusters": [{"name": "$NAME", "cluster": {"server": "https://$API:6443", "certificate-authority-data": "$(base64 -w0 "$P/ca.crt")"}}],
 "users": [{"name": "$1", "user": {"client-certificate-data": "$(base64 -w0 "$P/$1.crt")", "client-key-data": "$(base64 -w0 "$P/$1.key")"}}],
 "contexts": [{"name": "$NAME", "context": {"cluster": "$NAME", "user": "$1"}}]}
E
  chmod 600 "$WORK/$1.kubeconfig"; }
umask 077
key ca; openssl req -x509 -new -key "$P/ca.key" -days 365 -subj "/CN=$NAME-ca" -out "$P/ca.crt" 2>/dev/null
key sa
cert apiserver /CN=kube-apiserver "subjectAltName=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1,IP:$API,IP:$SVC.0.1"
cert front-proxy /CN=front-proxy-client
cert admin /O=system:masters/CN=admin; conf admin
for u in controller-manager scheduler proxy; do n=system:kube-$u; cert $u /CN=$n; conf $u; done
for i in $(seq "$NODES"); do
  cert "kubelet$i" "/O=system:nodes/CN=system:node:node$i"; conf "kubelet$i"
  cert "node$i" "/CN=node$i" "subjectAltName=DNS:node$i,IP:$NET.$((10 + i))"; done
umask 022

start 1 apiserver "$BIN/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --advertise-address="$API" --bind-address=0.0.0.0 --secure-port=6443 \
  --tls-cert-file="$P/apiserver.crt" --tls-private-key-file="$P/apiserver.key" --client-ca-file="$P/ca.crt" \
  --service-account-key-file="$P/sa.key" --service-account-signing-key-file="$P/sa.key" --service-account-issuer=https://kubernetes.default.svc.cluster.local \
  --service-cluster-ip-range="$SVC.0.0/16" --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged \
  --kubelet-client-certificate="$P/admin.crt" --kubelet-client-key="$P/admin.key" --kubelet-certificate-authority="$P/ca.crt" --kubelet-preferred-address-types=InternalIP \
  --requestheader-client-ca-file="$P/ca.crt" --requestheader-allowed-names=front-proxy-client --requestheader-username-headers=X-Remote-User \
  --requestheader-group-headers=X-Remote-Group --requestheader-extra-headers-prefix=X-Remote-Extra- \
  --proxy-client-cert-file="$P/front-proxy.crt" --proxy-client-key-file="$P/front-proxy.key" --enable-aggregator-routing ${APISERVER_FLAGS:-}
# --- system images, while the API server starts
for n in pause coredns; do
  [ ! "$BIN/$n.tar" -nt "$BIN/$n" ] || continue
  mkdir -p "$WORK/sys/$n"; cp "$BIN/$n" "$WORK/sys/$n/"; printf 'FROM scratch\nCOPY %s /\nENTRYPOINT ["/%s"]\n' $n $n > "$WORK/sys/$n/Dockerfile"
  STORE=$WORK/sys/store bash "$HERE/image.sh" build "localhost/$n:1" "$WORK/sys/$n" && STORE=$WORK/sys/store bash "$HERE/image.sh" save "$BIN/$n.tar" "localhost/$n:1" ||
    fail "no image of $n"
done
rm -rf "$WORK/sys"
for i in $(seq "$NODES"); do
  waitfor 30 "containerd on node$i" ctr -a "$WORK/node$i/containerd.sock" version
  for t in "$BIN/pause.tar" "$BIN/coredns.tar" $IMAGES; do
    ctr -a "$WORK/node$i/containerd.sock" -n k8s.io images import "$t" >/dev/null 2>"$WORK/log/import.log" || fail "node$i cannot import $t"; done
  start "$i" "kubelet$i" "$BIN/kubelet" --config="$WORK/node$i/kubelet.yaml" --kubeconfig="$WORK/kubelet$i.kubeconfig" --root-dir="$WORK/node$i/kubelet" --cert-dir="$P" \
    --hostname-override="node$i" --node-ip="$NET.$((10 + i))"
  start "$i" "proxy$i" "$BIN/kube-proxy" --kubeconfig="$WORK/proxy.kubeconfig" --proxy-mode=iptables --cluster-cidr="$POD.0.0/16" --hostname-override="node$i" --oom-score-adj=0 \
    --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0
done
say "images imported, kubelet and kube-proxy starting"

export KUBECONFIG=$WORK/admin.kubeconfig
K=$BIN/kubectl
waitfor "${APIWAIT:-120}" "ready API server" "$K" get --raw /readyz
say "API server ready"
for i in $(seq "$NODES"); do [ -n "${NO_NETPOL:-}" ] || start "$i" "netpol$i" "$BIN/netpol" "$WORK/admin.kubeconfig" "node$i"; done
start 1 controller-manager "$BIN/kube-controller-manager" --kubeconfig="$WORK/controller-manager.kubeconfig" --authentication-kubeconfig="$WORK/controller-manager.kubeconfig" \
  --authorization-kubeconfig="$WORK/controller-manager.kubeconfig" --service-account-private-key-file="$P/sa.key" --root-ca-file="$P/ca.crt" \
  --cluster-signing-cert-file="$P/ca.crt" --cluster-signing-key-file="$P/ca.key" --use-service-account-credentials --leader-elect=false --bind-address=127.0.0.1 ${CONTROLLER_FLAGS:-}
start 1 scheduler "$BIN/kube-scheduler" --kubeconfig="$WORK/scheduler.kubeconfig" --authentication-kubeconfig="$WORK/scheduler.kubeconfig" \
  --authorization-kubeconfig="$WORK/scheduler.kubeconfig" --leader-elect=false --bind-address=127.0.0.1
sed "s#@DNS@#$DNS#; s#@DNSPODS@#$((NODES > 1 ? 2 : 1))#" "$HERE/templates/coredns.yaml" > "$WORK/coredns.yaml"
"$K" apply -f "$WORK/coredns.yaml" >/dev/null || fail "CoreDNS manifest refused"
for i in $(seq "$NODES"); do
  waitfor 60 "node$i" "$K" get node "node$i"
  "$K" wait --for=condition=Ready "node/node$i" --timeout=90s >/dev/null || fail "node$i is not Ready"; done
say "node(s) Ready"
waitfor 60 "default service account" "$K" -n default get serviceaccount default
"$K" -n kube-system rollout status deployment/coredns --timeout=${DNSWAIT:-90}s >/dev/null || fail "CoreDNS is not ready"
say "DNS ready; export KUBECONFIG=$KUBECONFIG PATH=$BIN:\$PATH"
