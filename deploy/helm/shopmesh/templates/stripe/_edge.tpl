{{/* Address of the edge inside the cluster. */}}
{{- define "shopmesh.edgeInside" -}}
{{- printf "http://%s:%v" (include "shopmesh.name" (list . "edge")) .Values.edge.service.port -}}
{{- end }}
