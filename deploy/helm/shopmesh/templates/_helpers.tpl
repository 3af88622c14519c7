{{/* What the names of all objects begin with. Names must fit in 63 letters with the longest ending. */}}
{{- define "shopmesh.fullname" -}}
{{- $name := .Values.fullnameOverride | default .Release.Name -}}
{{- if gt (len $name) 32 -}}
{{- fail (printf "the name %q is longer than 32 letters: choose a shorter release name or fullnameOverride" $name) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{/* Name of a component's objects: (list $ "catalog"). */}}
{{- define "shopmesh.name" -}}
{{- $root := index . 0 -}}
{{- printf "%s-%s" (include "shopmesh.fullname" $root) (index . 1) -}}
{{- end }}

{{/* Whether a component belongs to this release: (list $ "catalog"). With `only` that is one service, or the edge. */}}
{{- define "shopmesh.included" -}}
{{- $root := index . 0 -}}
{{- if or (not $root.Values.only) (eq $root.Values.only (index . 1)) }}true{{ end -}}
{{- end }}

{{/* Whether this release is a whole shop: stores, telemetry, tests and the first admin are made with that only. */}}
{{- define "shopmesh.whole" -}}
{{- if not .Values.only }}true{{ end -}}
{{- end }}

{{/* Labels by which a component's pods are found; they never change: (list $ "catalog"). */}}
{{- define "shopmesh.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: shopmesh
app.kubernetes.io/instance: {{ include "shopmesh.fullname" $root }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of any object of a component: (list $ "catalog"), or with a tag of its own (list $ "catalog" "1.2.3"). */}}
{{- define "shopmesh.labels" -}}
{{- $root := index . 0 -}}
{{- $tag := include "shopmesh.tag" $root -}}
{{- if gt (len .) 2 }}{{ $tag = index . 2 }}{{ end -}}
{{ include "shopmesh.selector" . }}
app.kubernetes.io/version: {{ $tag | toString | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: shopmesh
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 }}
{{- end }}

{{/* The tag of all images that have none of their own. */}}
{{- define "shopmesh.tag" -}}
{{- .Values.image.tag | default .Chart.AppVersion | toString -}}
{{- end }}

{{/* An image of ours: (list $ "services"), or with a tag of its own (list $ "services" "1.2.3"). */}}
{{- define "shopmesh.image" -}}
{{- $root := index . 0 -}}
{{- $tag := include "shopmesh.tag" $root -}}
{{- if and (gt (len .) 2) (index . 2) }}{{ $tag = index . 2 }}{{ end -}}
image: {{ printf "%s/%s:%s" $root.Values.image.registry (index . 1) ($tag | toString) | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
{{- end }}

{{/* What every pod's spec begins with: no token of the API, no variables made of the names of Services (ours begin with
     SHOPMESH_, and a release called shopmesh would make some), nobody's rights. */}}
{{- define "shopmesh.podBase" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  {{- include "shopmesh.podSecurity" (list . 10001) | nindent 2 }}
{{- end }}

{{/* Security context of a pod that runs as this user and group: (list $ 10001). */}}
{{- define "shopmesh.podSecurity" -}}
{{- $user := index . 1 -}}
runAsNonRoot: true
runAsUser: {{ $user }}
runAsGroup: {{ $user }}
fsGroup: {{ $user }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Security context of every container. */}}
{{- define "shopmesh.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The only place that a container may write to. */}}
{{- define "shopmesh.tmpVolume" -}}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- end }}

{{/* Pods of one Deployment apart from each other, each of its generations for itself: an old pod says nothing about
     where a new one may run. (list labels spread) */}}
{{- define "shopmesh.spread" -}}
{{- $labels := index . 0 -}}
{{- $spread := index . 1 -}}
topologySpreadConstraints:
  {{- range $spread.keys }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $spread.whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- $labels | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}

{{/* Where pods may run, from a block of values. */}}
{{- define "shopmesh.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* What a chart-made Secret holds: (list $ "shop-keys" (dict "key" "value if it is new")) as JSON of base64 texts.
     What the cluster has is kept. It is decided once for each rendering, as chance would answer anew each time. */}}
{{- define "shopmesh.madeData" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- if not (hasKey $root.Values "made") }}{{ $_ := set $root.Values "made" dict }}{{ end -}}
{{- if not (hasKey $root.Values.made $name) -}}
{{- $old := (lookup "v1" "Secret" $root.Release.Namespace $name).data | default dict -}}
{{- $data := dict -}}
{{- range $key, $value := index . 2 }}{{ $_ := set $data $key ($value | b64enc) }}{{ end -}}
{{- $changed := false -}}
{{- range $key, $_ := $data }}{{ if not (hasKey $old $key) }}{{ $changed = true }}{{ end }}{{ end -}}
{{- $_ := set $root.Values.made $name (dict "data" (merge (deepCopy $old) $data) "changed" $changed) -}}
{{- end -}}
{{- get $root.Values.made $name | toJson -}}
{{- end }}

{{/* A Secret that the chart makes once and nobody takes away: (list $ "component" "shop-keys" (dict "key" "new value")).
     It is made by a hook before all others, so that Jobs of the same release find it, and it is rendered only while the
     cluster lacks it or one of its keys: hooks are not deleted by an upgrade, a rollback or an uninstall. */}}
{{- define "shopmesh.madeSecret" -}}
{{- $root := index . 0 -}}
{{- $made := include "shopmesh.madeData" (list $root (index . 2) (index . 3)) | fromJson -}}
{{- if $made.changed }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ index . 2 }}
  labels:
    {{- include "shopmesh.labels" (list $root (index . 1)) | nindent 4 }}
  annotations:
    {{- include "shopmesh.keptHook" -20 | nindent 4 }}
type: Opaque
data:
  {{- toYaml $made.data | nindent 2 }}
{{- end }}
{{- end }}

{{/* Annotations of what is made before pods and Jobs and stays. */}}
{{- define "shopmesh.keptHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation
helm.sh/resource-policy: keep
shopmesh/made-by: chart
{{- end }}

{{/* The Secret of a store: the owner's, or the one that comes with the embedded store: (list $ "postgres"). */}}
{{- define "shopmesh.storeSecret" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
{{- $given := (get $root.Values.stores $store).existingSecret -}}
{{- if $given -}}
{{- $given -}}
{{- else if $root.Values.stores.embedded -}}
{{- include "shopmesh.name" (list $root $store) -}}
{{- else -}}
{{- fail (printf "stores.%s.existingSecret is not set: name the Secret with the address of your own %s, or set stores.embedded=true for a trial" $store $store) -}}
{{- end -}}
{{- end }}

{{/* Addresses of Kafka's brokers. */}}
{{- define "shopmesh.kafka" -}}
{{- if .Values.stores.kafka.bootstrapServers -}}
{{- .Values.stores.kafka.bootstrapServers -}}
{{- else if .Values.stores.embedded -}}
{{- printf "%s:9092" (include "shopmesh.name" (list . "kafka")) -}}
{{- else -}}
{{- fail "stores.kafka.bootstrapServers is not set: name your own brokers, or set stores.embedded=true for a trial" -}}
{{- end -}}
{{- end }}

{{/* The Secret with Stripe's keys: the owner's, or the stand-in's. */}}
{{- define "shopmesh.stripeSecret" -}}
{{- if .Values.stripe.existingSecret -}}
{{- if .Values.stripe.standIn.enabled -}}
{{- fail "stripe.existingSecret and stripe.standIn.enabled are both set: it is Stripe or the stand-in" -}}
{{- end -}}
{{- .Values.stripe.existingSecret -}}
{{- else if .Values.stripe.standIn.enabled -}}
{{- include "shopmesh.name" (list . "stripe") -}}
{{- else -}}
{{- fail "stripe.existingSecret is not set: name the Secret with Stripe's keys, or set stripe.standIn.enabled=true for a trial" -}}
{{- end -}}
{{- end }}

{{/* The Secret with the services' own keys. */}}
{{- define "shopmesh.keysSecret" -}}
{{- .Values.keys.existingSecret | default (include "shopmesh.name" (list . "keys")) -}}
{{- end }}

{{/* Where traces go by OTLP/gRPC, http://host:port, or nothing. */}}
{{- define "shopmesh.otlpEndpoint" -}}
{{- $collector := .Values.telemetry.collector | default dict -}}
{{- if .Values.telemetry.otlpEndpoint -}}
{{- .Values.telemetry.otlpEndpoint -}}
{{- else if $collector.enabled -}}
{{- printf "http://%s:4317" (include "shopmesh.name" (list . "collector")) -}}
{{- end -}}
{{- end }}

{{/* Origins of the shop's own pages: those listed, else the public address: (list $ listed). */}}
{{- define "shopmesh.origins" -}}
{{- $root := index . 0 -}}
{{- index . 1 | default (list (trimSuffix "/" $root.Values.shop.publicUrl)) | join "," -}}
{{- end }}

{{/* The services' own keys, should there be none yet, as JSON. */}}
{{- define "shopmesh.freshKeys" -}}
{{- dict "order-token-keys" (printf "k1:%s" (randBytes 32)) "key-encryption-key" (randBytes 32) "cart-id-key" (randBytes 32) | toJson -}}
{{- end }}
{{- define "shopmesh.madeKeys" -}}
{{- include "shopmesh.madeData" (list . (include "shopmesh.keysSecret" .) (include "shopmesh.freshKeys" . | fromJson)) -}}
{{- end }}
