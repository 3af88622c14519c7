{{/* What every container of a service has: settings, rights, and last its files, to which more may be added:
     (list $ "catalog" configMap). */}}
{{- define "shopmesh.settingsAndFiles" -}}
envFrom:
  - configMapRef:
      name: {{ index . 2 }}
{{- with include "shopmesh.secretEnv" . }}
env:
  {{- . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "shopmesh.containerSecurity" (index . 0) | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- include "shopmesh.caMounts" . | nindent 2 }}
{{- end }}

{{/* What the container that serves and the one that migrates in the same pod have in common: (list $ "catalog"). */}}
{{- define "shopmesh.serviceContainer" -}}
{{ include "shopmesh.settingsAndFiles" (append . (include "shopmesh.name" .)) }}
  - {name: tls, mountPath: /tls, readOnly: true}
{{- end }}

{{/* What the Jobs before a release have in common, doctor's and those that migrate: their annotations, with the weight;
     how often and how long they try; and a service's container, (list $ "catalog" resources), which has nothing of mutual
     TLS, as it calls nobody, and settings of its own. */}}
{{- define "shopmesh.preparingHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
helm.sh/hook-output-log-policy: hook-failed
{{- end }}
{{- define "shopmesh.preparingJob" -}}
backoffLimit: {{ .Values.migrations.retries }}
activeDeadlineSeconds: {{ .Values.migrations.seconds }}
{{- end }}
{{- define "shopmesh.preparingContainer" -}}
{{- $root := index . 0 -}}
{{- $service := include "shopmesh.service" . | fromJson -}}
{{ include "shopmesh.image" (list $root $service.image.name $service.image.tag) }}
command: [python, -m, {{ $service.module | default (printf "services.%s" (index . 1)) }}]
{{ include "shopmesh.settingsAndFiles" (list $root (index . 1) (printf "%s-migrate" (include "shopmesh.name" .))) }}
resources:
  {{- toYaml (index . 2) | nindent 2 }}
{{- end }}

{{/* Files of the authorities that a service's stores are known by: (list $ "catalog"). */}}
{{- define "shopmesh.caVolumes" -}}
{{- $root := index . 0 -}}
{{- range $store := (include "shopmesh.service" . | fromJson).stores }}
{{- with (get $root.Values.stores $store | default dict).caSecret }}
- name: ca-{{ $store }}
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items: [{key: ca.crt, path: ca.crt}]
{{- end }}
{{- end }}
{{- end }}
{{- define "shopmesh.caMounts" -}}
{{- $root := index . 0 -}}
{{- range $store := (include "shopmesh.service" . | fromJson).stores }}
{{- if (get $root.Values.stores $store | default dict).caSecret }}
- {name: ca-{{ $store }}, mountPath: /ca/{{ $store }}, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{/* A digest of the chart-made keys that a service reads, so that it starts anew with others; nothing where it reads
     none, or the owner's: (list $ "catalog"). */}}
{{- define "shopmesh.madeChecksum" -}}
{{- $root := index . 0 -}}
{{- if not $root.Values.keys.existingSecret -}}
{{- $data := (include "shopmesh.madeKeys" $root | fromJson).data -}}
{{- $read := dict -}}
{{- range $_, $from := include "shopmesh.secretSettings" . | fromJson -}}
{{- if eq $from.name (include "shopmesh.keysSecret" $root) }}{{ $_ := set $read $from.key (get $data $from.key) }}{{ end -}}
{{- end -}}
{{- if $read }}{{ $read | toJson | sha256sum }}{{ end -}}
{{- end -}}
{{- end }}

{{/* How many pods there are at least and at most: (list $ component name selector values). */}}
{{- define "shopmesh.disruption" -}}
{{- $root := index . 0 -}}
{{- $name := index . 2 -}}
{{- $selector := index . 3 -}}
{{- $values := index . 4 -}}
{{- $labels := include "shopmesh.labels" (list $root (index . 1)) -}}
{{- if $values.pdb.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  labels:
    {{- $labels | nindent 4 }}
spec:
  maxUnavailable: {{ $values.pdb.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
{{- end }}
{{- if $values.autoscaling.enabled }}
{{- if lt (int $values.autoscaling.max) (int $values.autoscaling.min) -}}
{{- fail (printf "autoscaling of %s: max %d is below min %d" $name (int $values.autoscaling.max) (int $values.autoscaling.min)) -}}
{{- end }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  labels:
    {{- $labels | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $name }}}
  minReplicas: {{ $values.autoscaling.min }}
  maxReplicas: {{ $values.autoscaling.max }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ $values.autoscaling.cpu }}}
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 0
      policies: [{type: Percent, value: 100, periodSeconds: 30}]
    scaleDown:
      stabilizationWindowSeconds: 300
      policies: [{type: Pods, value: 1, periodSeconds: 60}]
{{- end }}
{{- end }}
