{{/* The edge's settings, deploy/edge/settings.py, as TOML. */}}
{{- define "shopmesh.edgeToml" -}}
{{- $edge := .Values.edge -}}
{{- $root := . -}}
{{- $clusters := dict -}}
{{- range $name := keys .Values.services -}}
{{- if (include "shopmesh.contract" (list $root $name) | fromJson).public -}}
{{- $_ := set $clusters $name (printf "%s:8501" (include "shopmesh.name" (list $root $name))) -}}
{{- end -}}
{{- end -}}
{{- $methods := dict -}}
{{- range $method, $limit := mergeOverwrite (.Files.Get "files/limits.yaml" | fromYaml) $edge.rateLimits.methods -}}
{{- $_ := set $methods $method (dict "requests" (int64 $limit.requests) "seconds" (int64 ($limit.seconds | default 60))) -}}
{{- end -}}
{{- $limits := dict
  "default" (dict "requests" (int64 $edge.rateLimits.default.requests) "seconds" (int64 $edge.rateLimits.default.seconds))
  "addresses" (int64 $edge.rateLimits.addresses)
  "methods" $methods
-}}
{{- $settings := dict
  "listen" "0.0.0.0:8080"
  "admin" "127.0.0.1:8081"
  "metrics" "0.0.0.0:8082"
  "directory" "/config"
  "clusters" $clusters
  "cors_origins" (include "shopmesh.origins" (list . $edge.corsOrigins) | splitList ",")
  "trusted_hops" (int64 $edge.trustedHops)
  "request_bytes" (int64 $edge.requestBytes)
  "response_bytes" (int64 $edge.responseBytes)
  "calls_at_once" (int64 $edge.callsAtOnce)
  "streams_at_once" (int64 $edge.streamsAtOnce)
  "trace_percent" (mulf .Values.telemetry.traceRatio 100)
  "rate_limits" $limits
-}}
{{- $otlp := include "shopmesh.otlpEndpoint" . -}}
{{- if hasPrefix "http://" $otlp }}{{ $_ := set $settings "otlp" ($otlp | trimPrefix "http://" | trimSuffix "/") }}{{ end -}}
{{- $settings | toToml -}}
{{- end }}

{{/* The host name of the shop's public address. */}}
{{- define "shopmesh.publicHost" -}}
{{- (urlParse .Values.shop.publicUrl).hostname -}}
{{- end }}

{{/* The Secret with the certificate of the Ingress. */}}
{{- define "shopmesh.edgeTlsSecret" -}}
{{- .Values.edge.tls.existingSecret | default (printf "%s-tls" (include "shopmesh.name" (list . "edge"))) -}}
{{- end }}
