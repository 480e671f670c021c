/*
 * How the fields of the served kinds merge, taken from the schema of server-side apply in client-go 0.36.3
 * (`applyconfigurations/internal/internal.go`), without volumes that only a provider has. Named are the fields that are more than a scalar:
 * `=` is replaced as a whole, `[]` is a set, `[name]T` a list of T by key, `{}` a map, `T` a struct.
 */
const types: Readonly<Record<string, string>> = {
  ConfigMap: 'binaryData:{} data:{} metadata:ObjectMeta',
  ObjectMeta: 'annotations:{} finalizers:[] labels:{} managedFields:= ownerReferences:[uid]=',
  Event: 'involvedObject:= metadata:ObjectMeta related:=',
  Namespace: 'metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus',
  NamespaceSpec: 'finalizers:=',
  NamespaceStatus: 'conditions:[type]',
  Node: 'metadata:ObjectMeta spec:NodeSpec status:NodeStatus',
  NodeSpec: 'podCIDRs:[] taints:=',
  NodeStatus:
    'addresses:[type] allocatable:{} capacity:{} conditions:[type] declaredFeatures:= images:= runtimeHandlers:= volumesAttached:= volumesInUse:=',
  Pod: 'metadata:ObjectMeta spec:PodSpec status:PodStatus',
  PodSpec:
    'affinity:Affinity containers:[name]Container dnsConfig:PodDNSConfig ephemeralContainers:[name]Container hostAliases:[ip]HostAlias imagePullSecrets:[name]= initContainers:[name]Container nodeSelector:= overhead:{} readinessGates:= resourceClaims:[name] resources:ResourceRequirements schedulingGates:[name] securityContext:PodSecurityContext tolerations:= topologySpreadConstraints:[topologyKey,whenUnsatisfiable]TopologySpreadConstraint volumes:[name]Volume',
  Affinity: 'nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity',
  NodeAffinity: 'preferredDuringSchedulingIgnoredDuringExecution:= requiredDuringSchedulingIgnoredDuringExecution:=',
  PodAffinity: 'preferredDuringSchedulingIgnoredDuringExecution:= requiredDuringSchedulingIgnoredDuringExecution:=',
  PodAntiAffinity: 'preferredDuringSchedulingIgnoredDuringExecution:= requiredDuringSchedulingIgnoredDuringExecution:=',
  Container:
    'args:= command:= env:[name]EnvVar envFrom:= lifecycle:Lifecycle livenessProbe:Probe ports:[containerPort,protocol] readinessProbe:Probe resizePolicy:= resources:ResourceRequirements restartPolicyRules:= securityContext:SecurityContext startupProbe:Probe volumeDevices:[devicePath] volumeMounts:[mountPath]',
  EnvVar: 'valueFrom:EnvVarSource',
  EnvVarSource: 'configMapKeyRef:= fieldRef:= fileKeyRef:= resourceFieldRef:= secretKeyRef:=',
  Lifecycle: 'postStart:LifecycleHandler preStop:LifecycleHandler',
  LifecycleHandler: 'exec:ExecAction httpGet:HTTPGetAction',
  ExecAction: 'command:=',
  HTTPGetAction: 'httpHeaders:=',
  Probe: 'exec:ExecAction httpGet:HTTPGetAction',
  ResourceRequirements: 'claims:[name] limits:{} requests:{}',
  SecurityContext: 'capabilities:Capabilities',
  Capabilities: 'add:= drop:=',
  PodDNSConfig: 'nameservers:= options:= searches:=',
  HostAlias: 'hostnames:=',
  PodSecurityContext: 'supplementalGroups:= sysctls:=',
  TopologySpreadConstraint: 'labelSelector:= matchLabelKeys:=',
  Volume:
    'configMap:ConfigMapVolumeSource downwardAPI:DownwardAPIVolumeSource projected:ProjectedVolumeSource secret:SecretVolumeSource',
  ConfigMapVolumeSource: 'items:=',
  DownwardAPIVolumeSource: 'items:=',
  ProjectedVolumeSource: 'sources:=',
  SecretVolumeSource: 'items:=',
  PodStatus:
    'allocatedResources:{} conditions:[type] containerStatuses:= ephemeralContainerStatuses:= extendedResourceClaimStatus:PodExtendedResourceClaimStatus hostIPs:= initContainerStatuses:= nodeAllocatableResourceClaimStatuses:= podIPs:[ip] resourceClaimStatuses:[name] resources:ResourceRequirements',
  PodExtendedResourceClaimStatus: 'requestMappings:=',
  Secret: 'data:{} metadata:ObjectMeta stringData:{}',
  ServiceAccount: 'imagePullSecrets:= metadata:ObjectMeta secrets:[name]=',
  Service: 'metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus',
  ServiceSpec: 'clusterIPs:= externalIPs:= ipFamilies:= loadBalancerSourceRanges:= ports:[port,protocol] selector:=',
  ServiceStatus: 'conditions:[type] loadBalancer:LoadBalancerStatus',
  LoadBalancerStatus: 'ingress:=',
  'apps.v1.DaemonSet': 'metadata:ObjectMeta spec:apps.v1.DaemonSetSpec status:apps.v1.DaemonSetStatus',
  'apps.v1.DaemonSetSpec': 'selector:= template:PodTemplateSpec',
  PodTemplateSpec: 'metadata:ObjectMeta spec:PodSpec',
  'apps.v1.DaemonSetStatus': 'conditions:[type]',
  'apps.v1.Deployment': 'metadata:ObjectMeta spec:apps.v1.DeploymentSpec status:apps.v1.DeploymentStatus',
  'apps.v1.DeploymentSpec': 'selector:= template:PodTemplateSpec',
  'apps.v1.DeploymentStatus': 'conditions:[type]',
  'apps.v1.ReplicaSet': 'metadata:ObjectMeta spec:apps.v1.ReplicaSetSpec status:apps.v1.ReplicaSetStatus',
  'apps.v1.ReplicaSetSpec': 'selector:= template:PodTemplateSpec',
  'apps.v1.ReplicaSetStatus': 'conditions:[type]',
  'apps.v1.StatefulSet': 'metadata:ObjectMeta spec:apps.v1.StatefulSetSpec status:apps.v1.StatefulSetStatus',
  'apps.v1.StatefulSetSpec': 'selector:= template:PodTemplateSpec volumeClaimTemplates:=',
  'apps.v1.StatefulSetStatus': 'conditions:[type]',
  'batch.v1.CronJob': 'metadata:ObjectMeta spec:batch.v1.CronJobSpec status:batch.v1.CronJobStatus',
  'batch.v1.CronJobSpec': 'jobTemplate:batch.v1.JobTemplateSpec',
  'batch.v1.JobTemplateSpec': 'metadata:ObjectMeta spec:batch.v1.JobSpec',
  'batch.v1.JobSpec':
    'podFailurePolicy:batch.v1.PodFailurePolicy selector:= successPolicy:batch.v1.SuccessPolicy template:PodTemplateSpec',
  'batch.v1.PodFailurePolicy': 'rules:=',
  'batch.v1.SuccessPolicy': 'rules:=',
  'batch.v1.CronJobStatus': 'active:=',
  'batch.v1.Job': 'metadata:ObjectMeta spec:batch.v1.JobSpec status:batch.v1.JobStatus',
  'batch.v1.JobStatus': 'conditions:= uncountedTerminatedPods:batch.v1.UncountedTerminatedPods',
  'batch.v1.UncountedTerminatedPods': 'failed:[] succeeded:[]',
  'coordination.v1.Lease': 'metadata:ObjectMeta',
  'scheduling.v1.PriorityClass': 'metadata:ObjectMeta',
  'events.v1.Event': 'metadata:ObjectMeta regarding:= related:=',
};

/** The fields of each kind, each with how it merges. */
export const fieldSchema: Readonly<Record<string, Readonly<Record<string, string>>>> = Object.fromEntries(
  Object.entries(types).map(([type, fields]) => [
    type,
    Object.fromEntries(fields.split(' ').map((field) => field.split(/:(.*)/s).slice(0, 2) as [string, string])),
  ]),
);
