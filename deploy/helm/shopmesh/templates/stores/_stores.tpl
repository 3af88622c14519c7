{{/* Whether a store is one of the chart's own: (list $ "postgres"). */}}
{{- define "shopmesh.embeds" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
{{- $values := get $root.Values.stores $store -}}
{{- if and $root.Values.stores.embedded (include "shopmesh.whole" $root) (not $values.existingSecret) (not $values.bootstrapServers) }}true{{ end -}}
{{- end }}

{{/* Services that keep something in a store, as JSON {names: [...]}: (list $ "postgres"). */}}
{{- define "shopmesh.usersOf" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
{{- $names := list -}}
{{- range $name := keys $root.Values.services | sortAlpha -}}
{{- $service := include "shopmesh.service" (list $root $name) | fromJson -}}
{{- if and $service.enabled (has $store $service.stores) }}{{ $names = append $names $name }}{{ end -}}
{{- end -}}
{{- dict "names" $names | toJson -}}
{{- end }}

{{/* An address of each service's own database with a new password, and the server's own, as JSON. */}}
{{- define "shopmesh.freshPostgres" -}}
{{- $root := . -}}
{{- $data := dict "superuser-password" (randAlphaNum 32) -}}
{{- range (include "shopmesh.usersOf" (list . "postgres") | fromJson).names -}}
{{- $role := printf "shopmesh_%s" (replace "-" "_" .) -}}
{{- $_ := set $data . (printf "postgresql://%s:%s@%s:5432/%s" $role (randAlphaNum 32) (include "shopmesh.name" (list $root "postgres")) $role) -}}
{{- end -}}
{{- $data | toJson -}}
{{- end }}
{{- define "shopmesh.freshMongodb" -}}
{{- $password := randAlphaNum 32 -}}
{{- dict "username" "shopmesh" "password" $password "uri" (printf "mongodb://shopmesh:%s@%s:27017/?authSource=admin" $password (include "shopmesh.name" (list . "mongodb"))) | toJson -}}
{{- end }}
{{- define "shopmesh.freshValkey" -}}
{{- $password := randAlphaNum 32 -}}
{{- dict "password" $password "url" (printf "redis://:%s@%s:6379/0" $password (include "shopmesh.name" (list . "valkey"))) | toJson -}}
{{- end }}
{{- define "shopmesh.freshSmtp" -}}
{{- dict "url" (printf "smtp://%s:1025" (include "shopmesh.name" (list . "smtp"))) | toJson -}}
{{- end }}

{{/* The Secret of an embedded store, made once and kept: (list $ "postgres"). */}}
{{- define "shopmesh.embeddedSecret" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
{{- include "shopmesh.madeSecret" (list $root $store (include "shopmesh.name" .) (include (printf "shopmesh.fresh%s" (title $store)) $root | fromJson)) }}
{{- end }}

{{/* The headless Service of an embedded store, and who may reach it: those who keep something there, and commands for
     all stores. A Kafka speaks to itself too: (list $ "postgres" (dict "postgres" 5432) (list "other")). */}}
{{- define "shopmesh.embeddedService" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
{{- $ports := index . 2 -}}
{{- $others := index . 3 -}}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "shopmesh.name" (list $root $store) }}
  labels:
    {{- include "shopmesh.labels" (list $root $store) | nindent 4 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "shopmesh.selector" (list $root $store) | nindent 4 }}
  ports:
    {{- range $name, $port := $ports }}
    - {name: {{ $name }}, port: {{ $port }}, targetPort: {{ $name }}}
    {{- end }}
{{- if $root.Values.networkPolicy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "shopmesh.name" (list $root $store) }}
  labels:
    {{- include "shopmesh.labels" (list $root $store) | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "shopmesh.selector" (list $root $store) | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - from:
        {{- include "shopmesh.peers" (list $root (concat (include "shopmesh.usersOf" (list $root $store) | fromJson).names (list "ops") $others)) | nindent 8 }}
      ports:
        {{- range $_, $port := $ports }}
        - {port: {{ $port }}, protocol: TCP}
        {{- end }}
{{- end }}
{{- end }}

{{/* The beginning of an embedded store's StatefulSet, up to its pod's spec: (list $ "postgres" checksums). */}}
{{- define "shopmesh.statefulSet" -}}
{{- $root := index . 0 -}}
{{- $store := index . 1 -}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "shopmesh.name" (list $root $store) }}
  labels:
    {{- include "shopmesh.labels" (list $root $store) | nindent 4 }}
spec:
  serviceName: {{ include "shopmesh.name" (list $root $store) }}
  replicas: 1
  {{- with $root.Values.stores.trial }}
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: {{ ternary "Retain" "Delete" .keepVolumes }}
    whenScaled: Retain
  volumeClaimTemplates:
    - metadata:
        name: data
        labels:
          {{- include "shopmesh.selector" (list $root $store) | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .storageClassName }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ (get . $store).storage }}}}
  {{- end }}
  selector:
    matchLabels:
      {{- include "shopmesh.selector" (list $root $store) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "shopmesh.selector" (list $root $store) | nindent 8 }}
        app.kubernetes.io/part-of: shopmesh
      {{- with index . 2 }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}

{{/* The beginning of the pod's spec, for the user that the official image has: (list $ 999). */}}
{{- define "shopmesh.storePod" -}}
{{- $root := index . 0 -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 60
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  {{- include "shopmesh.podSecurity" . | nindent 2 }}
{{- end }}

{{/* What each store's container has: its image, nobody's rights, its resources: (list $ "postgres"). */}}
{{- define "shopmesh.storeContainer" -}}
{{- $root := index . 0 -}}
{{- $values := get $root.Values.stores.trial (index . 1) -}}
image: {{ $values.image | quote }}
imagePullPolicy: IfNotPresent
securityContext:
  {{- include "shopmesh.containerSecurity" $root | nindent 2 }}
resources:
  {{- toYaml $values.resources | nindent 2 }}
{{- end }}
