{{/* "`fullname` is `<release>-gitlab-agent`, or the release's name where that contains `gitlab-agent`" */}}
{{- define "fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* "Its name is `config.secretName` where that is set, else `<fullname>-token`" */}}
{{- define "secretName" -}}
{{- .Values.config.secretName | default (printf "%s-token" (include "fullname" .)) -}}
{{- end -}}

{{/* "the chart writes labels unquoted" */}}
{{- define "selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "labels" -}}
{{ include "selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
