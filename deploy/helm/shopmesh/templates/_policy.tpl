{{/* Pods of components of this installation, as peers of a NetworkPolicy: (list $ (list "order" "cart")). */}}
{{- define "shopmesh.peers" -}}
{{- $root := index . 0 -}}
{{- range index . 1 }}
- podSelector:
    matchLabels:
      {{- include "shopmesh.selector" (list $root .) | nindent 6 }}
{{- end }}
{{- end }}

{{/* Names are asked for wherever the cluster's DNS is. */}}
{{- define "shopmesh.egressToNames" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end }}
