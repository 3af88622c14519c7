{{/* A service's values with the defaults under them, as JSON: (list $ "catalog"). */}}
{{- define "shopmesh.service" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- mergeOverwrite (deepCopy $root.Values.defaults) (deepCopy (get $root.Values.services $name | default dict)) | toJson -}}
{{- end }}

{{/* The names of the services of this release, as JSON {names: [...]}. */}}
{{- define "shopmesh.released" -}}
{{- $root := . -}}
{{- $known := append (keys .Values.services | sortAlpha) "edge" -}}
{{- if and .Values.only (not (has .Values.only $known)) -}}
{{- fail (printf "only=%s names no service: it is one of %s" .Values.only (join ", " $known)) -}}
{{- end -}}
{{- if .Values.only -}}
{{- range (lookup "apps/v1" "Deployment" .Release.Namespace "").items -}}
{{- $of := get (.metadata.annotations | default dict) "meta.helm.sh/release-name" | default "" -}}
{{- $component := get (.metadata.labels | default dict) "app.kubernetes.io/component" | default "" -}}
{{- if and (eq $of $root.Release.Name) (ne $component $root.Values.only) -}}
{{- fail (printf "only=%s would take %s away, which belongs to the release %s too: release %s alone by a release of its own name, with fullnameOverride=%s" $root.Values.only .metadata.name $of $root.Values.only (include "shopmesh.fullname" $root)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $names := list -}}
{{- range $name := keys .Values.services | sortAlpha -}}
{{- $service := include "shopmesh.service" (list $root $name) | fromJson -}}
{{- if and $service.enabled (include "shopmesh.included" (list $root $name)) }}{{ $names = append $names $name }}{{ end -}}
{{- end -}}
{{- dict "names" $names | toJson -}}
{{- end }}

{{/* What the contracts say of a service: whether the edge calls it, and who calls its internal port. A service that is
     not of this repository says it in its values. JSON {public, callers}: (list $ "catalog"). */}}
{{- define "shopmesh.contract" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $service := include "shopmesh.service" . | fromJson -}}
{{- $contract := get ($root.Files.Get "files/callers.yaml" | fromYaml) $name | default dict -}}
{{- $callers := concat ($contract.callers | default list) $service.callers | uniq | sortAlpha -}}
{{- range $callers -}}
{{- if not (hasKey $root.Values.services .) -}}
{{- fail (printf "services.%s.callers names %s, which is no service: they are %s" $name . (keys $root.Values.services | sortAlpha | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- dict "public" (or $contract.public $service.public) "callers" $callers | toJson -}}
{{- end }}

{{/* The names of variables that a service knows, as JSON {names: [...]}: it refuses to start with others that begin
     with SHOPMESH_. A service that is not of this repository knows what its stores need: (list $ "catalog"). */}}
{{- define "shopmesh.knownNames" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $file := $root.Files.Get "files/settings.yaml" | fromYaml -}}
{{- $names := get $file.services $name -}}
{{- if not $names -}}
{{- $service := include "shopmesh.service" . | fromJson -}}
{{- $names = concat $file.everybody (keys $service.env) (keys $service.secretEnv) -}}
{{- range $service.stores }}{{ $names = concat $names (get $file.stores . | default list) }}{{ end -}}
{{- end -}}
{{- dict "names" $names | toJson -}}
{{- end }}

{{/* A service's plain settings as JSON, what its values say over what the chart knows: (list $ "catalog"). */}}
{{- define "shopmesh.settings" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $values := $root.Values -}}
{{- $service := include "shopmesh.service" . | fromJson -}}
{{- $known := (include "shopmesh.knownNames" . | fromJson).names -}}
{{- $all := dict
  "SHOPMESH_PUBLIC_LISTEN" "0.0.0.0:8501"
  "SHOPMESH_INTERNAL_LISTEN" "0.0.0.0:8502"
  "SHOPMESH_METRICS_LISTEN" "0.0.0.0:8503"
  "SHOPMESH_TLS_CA_FILE" "/tls/ca.crt"
  "SHOPMESH_TLS_CERT_FILE" "/tls/tls.crt"
  "SHOPMESH_TLS_KEY_FILE" "/tls/tls.key"
  "SHOPMESH_PREFIX" $values.topicPrefix
  "SHOPMESH_CURRENCY" $values.shop.currency
  "SHOPMESH_LOG_LEVEL" $values.logLevel
  "SHOPMESH_TRACE_RATIO" $values.telemetry.traceRatio
  "SHOPMESH_OTLP_ENDPOINT" (include "shopmesh.otlpEndpoint" $root)
  "SHOPMESH_OTLP_METRICS_ENDPOINT" $values.telemetry.otlpMetricsEndpoint
  "SHOPMESH_DRAIN_DELAY_SECONDS" $values.drain.delaySeconds
  "SHOPMESH_DRAIN_SECONDS" $values.drain.seconds
  "SHOPMESH_SELLER_NAME" ($values.shop.seller.name | default $values.shop.name)
  "SHOPMESH_SELLER_ADDRESS" $values.shop.seller.address
  "SHOPMESH_SELLER_TAX_ID" $values.shop.seller.taxId
  "SHOPMESH_SHOP_NAME" $values.shop.name
  "SHOPMESH_SHOP_LOCALE" $values.shop.locale
  "SHOPMESH_SHOP_TIME_ZONE" $values.shop.timeZone
  "SHOPMESH_MAIL_FROM" $values.shop.mailFrom
  "SHOPMESH_MAIL_DOMAIN" $values.shop.mailDomain
  "SHOPMESH_REDIRECT_ORIGINS" (include "shopmesh.origins" (list $root $values.shop.redirectOrigins))
-}}
{{- range keys $values.services }}{{ $_ := set $all (printf "SHOPMESH_%s_TARGET" (upper .)) (printf "dns:///%s:8502" (include "shopmesh.name" (list $root .))) }}{{ end -}}
{{- range $service.stores }}{{ $_ := merge $all (include (printf "shopmesh.settings.%s" .) $root | fromJson) }}{{ end -}}
{{- $secrets := ($root.Files.Get "files/settings.yaml" | fromYaml).secrets -}}
{{- range $key, $_ := $service.env -}}
{{- if has (upper $key) $secrets -}}
{{- fail (printf "services.%s.env names %s, which is a secret: name a Secret for it in services.%s.secretEnv" $name $key $name) -}}
{{- end -}}
{{- end -}}
{{- range $key, $_ := merge (deepCopy $service.env) $service.secretEnv -}}
{{- if and (hasPrefix "SHOPMESH_" $key) (not (has $key $known)) -}}
{{- fail (printf "services.%s.env names %s, which %s does not know: see .env.example" $name $key $name) -}}
{{- end -}}
{{- end -}}
{{- $settings := dict -}}
{{- range $key, $value := $all -}}
{{- if and (has $key $known) (ne ($value | toString) "") (not (hasKey $service.secretEnv $key)) }}{{ $_ := set $settings $key ($value | toString) }}{{ end -}}
{{- end -}}
{{- range $key, $value := $service.env }}{{ $_ := set $settings $key ($value | toString) }}{{ end -}}
{{- $settings | toJson -}}
{{- end }}

{{- define "shopmesh.settings.postgres" -}}
{{- dict "SHOPMESH_DATABASE_PGBOUNCER" .Values.stores.postgres.pgbouncer "SHOPMESH_DATABASE_POOL_SIZE" .Values.stores.postgres.poolSize | toJson -}}
{{- end }}
{{- define "shopmesh.settings.mongodb" -}}
{{- dict "SHOPMESH_MONGODB_DATABASE" .Values.stores.mongodb.database | toJson -}}
{{- end }}
{{- define "shopmesh.settings.valkey" -}}
{{- dict "SHOPMESH_VALKEY_POOL_SIZE" .Values.stores.valkey.poolSize | toJson -}}
{{- end }}
{{- define "shopmesh.settings.smtp" -}}{}{{- end }}
{{- define "shopmesh.settings.kafka" -}}
{{- $kafka := .Values.stores.kafka -}}
{{- if and (hasPrefix "SASL" $kafka.securityProtocol) (not $kafka.saslMechanism) -}}
{{- fail (printf "stores.kafka.saslMechanism is not set, and stores.kafka.securityProtocol is %s" $kafka.securityProtocol) -}}
{{- end -}}
{{- if and $kafka.saslMechanism (not $kafka.existingSecret) -}}
{{- fail "stores.kafka.existingSecret is not set: name the Secret with username and password for SASL" -}}
{{- end -}}
{{- dict
  "SHOPMESH_KAFKA_BOOTSTRAP_SERVERS" (include "shopmesh.kafka" .)
  "SHOPMESH_KAFKA_SECURITY_PROTOCOL" $kafka.securityProtocol
  "SHOPMESH_KAFKA_SASL_MECHANISM" $kafka.saslMechanism
  "SHOPMESH_KAFKA_CA_FILE" (ternary "/ca/kafka/ca.crt" "" (ne $kafka.caSecret ""))
  "SHOPMESH_KAFKA_REPLICATION_FACTOR" (ternary 1 $kafka.replicationFactor (and .Values.stores.embedded (not $kafka.bootstrapServers)))
  | toJson -}}
{{- end }}
{{- define "shopmesh.settings.stripe" -}}
{{- $standIn := ternary (printf "http://%s:8121" (include "shopmesh.name" (list . "stripe"))) "" .Values.stripe.standIn.enabled -}}
{{- dict "STRIPE_API_BASE" $standIn | toJson -}}
{{- end }}

{{/* A service's settings that come from Secrets, as JSON {NAME: {name, key, optional}}: (list $ "catalog"). */}}
{{- define "shopmesh.secretSettings" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $service := include "shopmesh.service" . | fromJson -}}
{{- $known := (include "shopmesh.knownNames" . | fromJson).names -}}
{{- $keys := include "shopmesh.keysSecret" $root -}}
{{- $all := dict
  "SHOPMESH_ORDER_TOKEN_KEYS" (dict "name" $keys "key" "order-token-keys")
  "SHOPMESH_KEY_ENCRYPTION_KEY" (dict "name" $keys "key" "key-encryption-key")
  "SHOPMESH_CART_ID_KEY" (dict "name" $keys "key" "cart-id-key")
-}}
{{- range $store := $service.stores -}}
{{- if eq $store "stripe" -}}
{{- $secret := include "shopmesh.stripeSecret" $root -}}
{{- $_ := set $all "STRIPE_API_KEY" (dict "name" $secret "key" "api-key") -}}
{{- $_ := set $all "STRIPE_PUBLISHABLE_KEY" (dict "name" $secret "key" "publishable-key") -}}
{{- $_ := set $all "STRIPE_WEBHOOK_SECRETS" (dict "name" $secret "key" "webhook-secrets") -}}
{{- else if eq $store "kafka" -}}
{{- with $root.Values.stores.kafka -}}
{{- if .saslMechanism -}}
{{- $_ := set $all "SHOPMESH_KAFKA_SASL_USERNAME" (dict "name" .existingSecret "key" "username") -}}
{{- $_ := set $all "SHOPMESH_KAFKA_SASL_PASSWORD" (dict "name" .existingSecret "key" "password") -}}
{{- end -}}
{{- end -}}
{{- else -}}
{{- $secret := include "shopmesh.storeSecret" (list $root $store) -}}
{{- if eq $store "postgres" -}}
{{- $_ := set $all "SHOPMESH_DATABASE_URL" (dict "name" $secret "key" $name) -}}
{{- $_ := set $all "SHOPMESH_DATABASE_READ_URL" (dict "name" $secret "key" (printf "%s-read" $name) "optional" true) -}}
{{- else if eq $store "mongodb" -}}
{{- $_ := set $all "SHOPMESH_MONGODB_URI" (dict "name" $secret "key" "uri") -}}
{{- else -}}
{{- $_ := set $all (printf "SHOPMESH_%s_URL" (upper $store)) (dict "name" $secret "key" "url") -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $chosen := deepCopy $service.secretEnv -}}
{{- range $key, $from := $all -}}
{{- if and (has $key $known) (not (hasKey $service.env $key)) (not (hasKey $chosen $key)) }}{{ $_ := set $chosen $key $from }}{{ end -}}
{{- end -}}
{{- $chosen | toJson -}}
{{- end }}

{{/* The same as a container's env: (list $ "catalog"). */}}
{{- define "shopmesh.secretEnv" -}}
{{- range $key, $from := include "shopmesh.secretSettings" . | fromJson }}
- name: {{ $key }}
  valueFrom:
    secretKeyRef:
      {{- toYaml $from | nindent 6 }}
{{- end }}
{{- end }}

{{/* The Deployments that a service's parts run in, as JSON {groups: [...]}, each a service's values with `workload` (its
     name) and `serves`. The one with the part api is called like the service, so that to part or join its parts is
     an ordinary rolling update of what the Service points to: (list $ "catalog"). */}}
{{- define "shopmesh.groups" -}}
{{- $name := index . 1 -}}
{{- $service := include "shopmesh.service" . | fromJson -}}
{{- $groups := list -}}
{{- if kindIs "string" $service.parts -}}
{{- $groups = list (merge (dict "workload" $name "arguments" (list "serve") "serves" true) $service) -}}
{{- else -}}
{{- $there := list -}}
{{- range $service.parts -}}
{{- $there = concat $there .parts -}}
{{- $arguments := list "serve" -}}
{{- range .parts }}{{ $arguments = concat $arguments (list "--part" .) }}{{ end -}}
{{- $serves := has "api" .parts -}}
{{- $workload := ternary $name (printf "%s-%s" $name .name) $serves -}}
{{- $own := merge (dict "workload" $workload "arguments" $arguments "serves" $serves) (omit . "name" "parts") -}}
{{- $groups = append $groups (mergeOverwrite (deepCopy $service) $own) -}}
{{- end -}}
{{- range list "api" "relay" "consumer" "worker" -}}
{{- $part := . -}}
{{- $count := 0 -}}
{{- range $there }}{{ if eq . $part }}{{ $count = add1 $count }}{{ end }}{{ end -}}
{{- if ne (int $count) 1 -}}
{{- fail (printf "services.%s.parts names the part %s %d times: each part belongs to one group (api, relay, consumer, worker)" $name $part (int $count)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- dict "groups" $groups | toJson -}}
{{- end }}

{{/* Labels by which the pods of one Deployment are found: (list $ "order" "order-background"). */}}
{{- define "shopmesh.workloadSelector" -}}
{{ include "shopmesh.selector" . }}
shopmesh/workload: {{ index . 2 }}
{{- end }}

{{/* Seconds that a pod of a service needs to end: the drain, then at most twice 20 s for parts that do not let go
     (services/chassis/service.py), and a margin. A wish below that is refused: (list "services.x" drain seconds wish). */}}
{{- define "shopmesh.grace" -}}
{{- $where := index . 0 -}}
{{- $least := index . 1 | int -}}
{{- $wish := index . 2 | int -}}
{{- if and $wish (lt $wish $least) -}}
{{- fail (printf "%s.terminationGracePeriodSeconds is %d, and a pod needs %d s to end: raise it, or lower the drain" $where $wish $least) -}}
{{- end -}}
{{- $wish | default $least -}}
{{- end }}
{{- define "shopmesh.serviceGrace" -}}
{{- $root := index . 0 -}}
{{- $least := addf $root.Values.drain.delaySeconds $root.Values.drain.seconds 40 5 | ceil | int -}}
{{- include "shopmesh.grace" (list (printf "services.%s" (index . 1)) $least (index . 2)) -}}
{{- end }}
