#!/bin/bash
# Makes container images without pulling any, with buildah (no daemon), and puts them into a running cluster.
#   image.sh base [TAG [BUILDER]]      make the substitute base images (Debian + python3, without Perl), default docker.io/library/python:3.11-slim,
#                                      and the one for builder stages (with binutils as well), default docker.io/library/python:3.11
#   image.sh build TAG CONTEXT [ARG..] build a Dockerfile (buildah bud: -f FILE, --build-arg K=V, --target ..)
#   image.sh save FILE TAG             write one image to an archive (docker format)
#   image.sh load FILE..               import archives into every node of the cluster in $WORK
# STORE: where images and layers are kept. PIP_*, SSL and proxy settings of this machine reach RUN steps and stay out of the image.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STORE=${STORE:?the folder of images} WORK=${WORK:-}
die() { echo "image.sh: $*" >&2; exit 1; }
# buildah leaves its store mounted: here that ends with the command
[ -n "${APART:-}" ] || APART=1 exec unshare --mount --propagation private "$0" "$@"
mkdir -p "$STORE/tmp"; export TMPDIR=$STORE/tmp
printf '[storage]\ndriver = "overlay"\nrunroot = "%s/run"\ngraphroot = "%s/graph"\n' "$STORE" "$STORE" > "$STORE/storage.conf"
printf '{"default": [{"type": "insecureAcceptAnything"}]}\n' > "$STORE/policy.json"
export CONTAINERS_STORAGE_CONF=$STORE/storage.conf BUILDAH_ISOLATION=chroot
b() { buildah "$@"; }
cmd=${1:-}; shift || true
case $cmd in
base)
  tag=${1:-docker.io/library/python:3.11-slim} builder=${2:-docker.io/library/python:3.11}
  command -v mmdebstrap >/dev/null || die "mmdebstrap is missing: apt-get install mmdebstrap"
  root=$STORE/base; rm -rf "$root"
  # /usr/local is made a venv, so that pip, --prefix and site-packages lie where the official python images have them;
  # as there, no bytecode lies in the image. Perl is only wanted by usrmerge, whose work is done.
  mmdebstrap --quiet --variant=minbase --format=directory --include=usr-is-merged,python3,python3-venv,ca-certificates,netbase,tzdata,libstdc++6,binutils \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --customize-hook='chroot "$1" python3 -m venv /usr/local' --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/* "$1"/var/log/*' \
    --customize-hook='find "$1/usr" -name __pycache__ -prune -exec rm -rf {} +' \
    bookworm "$root" >"$STORE/base.log" 2>&1 || { tail -5 "$STORE/base.log" >&2; die "mmdebstrap failed"; }
  python_image() {  # TAG: what lies in $root becomes an image
    local c; tar -C "$root" --numeric-owner --sort=name -cf "$STORE/base.tar" .
    c=$(b from scratch); b add -q "$c" "$STORE/base.tar" / >/dev/null; rm "$STORE/base.tar"
    b config --env PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin --env LANG=C.UTF-8 --cmd python3 "$c"
    b commit -q --rm --signature-policy "$STORE/policy.json" "$c" "$1" >/dev/null
  }
  python_image "$builder"  # the larger one: with binutils, as a builder stage needs them
  # what the slim one has no use for: Perl, package lists and their reader, tools of file systems, accounts, passwords and configuration questions
  dpkg --root="$root" --purge --force-all $(dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Package}\n' | grep -xE \
    'perl.*|libperl.*|lib.*-perl|libgdbm-compat4|usrmerge|apt|libapt-pkg6.0|debconf|gpgv|adduser|debian-archive-keyring|e2fsprogs|logsave|libext2fs2|libss2|libgprofng0|libctf.*|libjansson4|.*binutils.*') \
    >>"$STORE/base.log" 2>&1 || { tail -5 "$STORE/base.log" >&2; die "the base image could not be made smaller"; }
  python_image "$tag"
  rm -rf "$root";;
build)
  tag=$1 context=$2; shift 2
  args=(); ca=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
  [ -e "$ca" ] && args+=(--volume "$ca:/etc/ssl/certs/ca-certificates.crt:ro")
  [ -d "${PIP_FIND_LINKS:-/nonexistent}" ] && args+=(--volume "$PIP_FIND_LINKS:$PIP_FIND_LINKS:ro")
  while IFS= read -r k; do args+=(--build-arg "$k=${!k}"); done < <(compgen -e | grep -E '^(PIP_[A-Z_]+|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY)$')
  b bud -q --pull-never --layers --network host --signature-policy "$STORE/policy.json" "${args[@]}" -t "$tag" "$@" "$context" >"$STORE/build.log" 2>&1 ||
    { tail -20 "$STORE/build.log" >&2; die "building $tag failed"; };;
save)
  rm -f "$1.new"; b push -q --signature-policy "$STORE/policy.json" "$2" "docker-archive:$1.new:$2" || die "cannot save $2"
  mv "$1.new" "$1";;
load)
  [ -e "$WORK/up" ] || die "no cluster runs in $WORK"
  into() { local t; for t in "${@:2}"; do ctr -a "$1" -n k8s.io images import "$t" >/dev/null || exit 1; done; }
  started=(); for s in "$WORK"/node*/containerd.sock; do into "$s" "$@" & started+=($!); done
  for p in "${started[@]}"; do wait "$p" || die "cannot import $*"; done;;
*) die "usage: image.sh base|build|save|load (see its first lines)";;
esac
