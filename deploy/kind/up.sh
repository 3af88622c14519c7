#!/bin/sh
# Makes the development cluster and the registry that its nodes fetch images from; safe to repeat.
set -eu
here=$(dirname "$0")
cluster=shopmesh
registry=shopmesh-registry
port=5005

for program in docker kind kubectl; do
  command -v "$program" > /dev/null || { echo "missing: $program" >&2; exit 1; }
done
docker info > /dev/null || { echo "docker's engine does not answer" >&2; exit 1; }

if [ "$(docker inspect --format '{{.State.Running}}' "$registry" 2> /dev/null)" != true ]; then
  docker start "$registry" 2> /dev/null ||
    docker run --detach --restart always --publish "127.0.0.1:$port:5000" --name "$registry" registry:3
fi
kind get clusters | grep --quiet --line-regexp "$cluster" || kind create cluster --config "$here/cluster.yaml" --wait 120s

# What the nodes call localhost:5005 is themselves; this sends them to the registry instead.
for node in $(kind get nodes --name "$cluster"); do
  folder=/etc/containerd/certs.d/localhost:$port
  docker exec "$node" mkdir -p "$folder"
  echo "[host.\"http://$registry:5000\"]" | docker exec --interactive "$node" cp /dev/stdin "$folder/hosts.toml"
done
docker network inspect kind --format '{{range .Containers}}{{.Name}} {{end}}' | grep --quiet --word-regexp "$registry" ||
  docker network connect kind "$registry"

# Where Tilt looks for the registry.
kubectl --context "kind-$cluster" apply --filename "$here/registry.yaml"
echo "the cluster kind-$cluster is up; next: tilt up"
