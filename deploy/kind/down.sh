#!/bin/sh
# Removes the development cluster with all its data, and its registry.
set -eu
kind delete cluster --name shopmesh
docker rm --force --volumes shopmesh-registry
