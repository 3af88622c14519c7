# The three images: `make images`, which is `docker buildx bake`. docs/images.md tells what they hold and how bases are pinned.

variable "REGISTRY" {
  default = "ghcr.io/shopmesh"
}

variable "TAG" {
  default = "dev"
}

variable "BASE" {
  default = "docker.io/library/python:3.11-slim"
}

variable "BUILDER" {
  default = "docker.io/library/python:3.11"
}

# Separated by commas; empty is the machine's own.
variable "PLATFORMS" {
  default = ""
}

variable "REVISION" {
  default = "unknown"
}

# When the files of an image were changed last: the same for every build, so that the same input makes the same layers.
variable "SOURCE_DATE_EPOCH" {
  default = "315532800"
}

# How bytecode knows its source: checked-hash lets a development cluster change code in a running container.
variable "BYTECODE" {
  default = "unchecked-hash"
}

group "default" {
  targets = ["services", "edge", "stripe"]
}

target "common" {
  context   = "."
  platforms = PLATFORMS == "" ? [] : split(",", PLATFORMS)
  args = {
    BASE              = BASE
    BUILDER           = BUILDER
    BYTECODE          = BYTECODE
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH
    VERSION           = TAG
    REVISION          = REVISION
  }
}

target "services" {
  inherits   = ["common"]
  dockerfile = "deploy/images/services.Dockerfile"
  tags       = ["${REGISTRY}/services:${TAG}"]
}

target "edge" {
  inherits   = ["common"]
  dockerfile = "deploy/images/edge.Dockerfile"
  tags       = ["${REGISTRY}/edge:${TAG}"]
}

target "stripe" {
  inherits   = ["common"]
  dockerfile = "deploy/images/stripe.Dockerfile"
  tags       = ["${REGISTRY}/stripe:${TAG}"]
}
