{{- define "muster.labels" -}}
app.kubernetes.io/name: muster
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "muster.metadata" -}}
name: {{ .root.Release.Name }}-{{ .component }}
labels:
  {{- include "muster.labels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "muster.container" -}}
image: {{ .root.Values.image.repository }}:{{ .root.Values.image.tag }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- define "muster.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "muster.amqp" -}}
amqps://{{ .account }}@{{ .root.Values.rabbitmq.host }}/{{ .root.Values.rabbitmq.vhost }}
{{- end }}

{{- define "muster.postgres" -}}
postgres://{{ .account }}@{{ .root.Values.postgresql.host }}/{{ .root.Values.postgresql.database }}
{{- end }}
