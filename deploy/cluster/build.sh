#!/bin/bash
# Builds a whole Kubernetes (etcd, control plane, kubelet, kube-proxy, kubectl), CoreDNS and helm
# from Go modules into $BIN, or with `build.sh helm` only helm. Nothing else is fetched.
# Needs $GO (>= 1.24) and, for the whole, gcc with the C library's static files (for pause).
# Standard output says the steps; standard error names each Go package as it is compiled.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BIN=${BIN:?the folder for the binaries} GO=${GO:-go}
WHAT=${1:-all}
say() { printf '%5ds  %s\n' "$SECONDS" "$*"; }
die() { echo "build.sh: $*" >&2; exit 1; }
command -v "$GO" >/dev/null || die "go is not installed"
[ "$WHAT" = helm ] || command -v gcc >/dev/null || die "gcc is not installed"

cd "$HERE/kube"
version=$(sed -n 's,^\tk8s.io/kubernetes v\([0-9.]*\)$,\1,p' go.mod); [ -n "$version" ] || die "no k8s.io/kubernetes version in go.mod"
helm_version=$(sed -n 's,^\thelm.sh/helm/v3 v\([0-9.]*\).*,\1,p' go.mod)
minor=${version#1.}; minor=${minor%%.*}
x="-X k8s.io/component-base/version.gitVersion=v$version -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=$minor"
x="$x -X k8s.io/component-base/version.gitTreeState=clean -X k8s.io/client-go/pkg/version.gitVersion=v$version"
x="$x -X helm.sh/helm/v3/internal/version.version=v$helm_version -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor=$minor"
x="$x -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=$minor"
mkdir -p "$BIN"
export CGO_ENABLED=0 GOFLAGS="-mod=readonly -trimpath -buildvcs=false" GOTOOLCHAIN=local
helm() { "$GO" build -v -ldflags "-s -w $x" -o "$BIN/helm" helm.sh/helm/v3/cmd/helm || die "the helm build failed"; }
if [ "$WHAT" = helm ]; then say "building helm $helm_version"; helm; exit 0; fi
say "building Kubernetes $version (a first build takes minutes)"
"$GO" build -v -ldflags "-s -w $x" -o "$BIN/kube" . || die "the Kubernetes build failed"
for n in kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl etcd netpol; do ln -sfn kube "$BIN/$n"; done
say "building CoreDNS and helm $helm_version"
"$GO" build -v -ldflags "-s -w" -o "$BIN/coredns" ./coredns || die "the CoreDNS build failed"
helm
gcc -static -Os -s -o "$BIN/pause" ../pause.c || die "pause.c did not compile"
echo "$version" > "$BIN/whole"
say "built $("$BIN/kubectl" version --client 2>/dev/null | head -1), $(du -shL "$BIN" | cut -f1) in $BIN"
