const container = 'Pod.spec.{initContainers,containers,ephemeralContainers}[]';
const probe = `${container}.{livenessProbe,readinessProbe,startupProbe}`;
const hook = `${container}.lifecycle.{postStart,preStop}`;
const volume = 'Pod.spec.volumes[]';
const selector = '{matchLabels{},matchExpressions[].{key,operator,values[]}}';
const nodeTerms = '{matchExpressions,matchFields}[].{key,operator,values[]}';
const affinity = 'Pod.spec.affinity';
const podTerm =
  '{preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm,requiredDuringSchedulingIgnoredDuringExecution[]}';
const claim = `${volume}.ephemeral.volumeClaimTemplate`;

const containerPaths = `
kept    | ${container}.{name,image,imagePullPolicy,workingDir,restartPolicy}   | what is to run, and how it is retried
kept    | ${container}.restartPolicyRules[].{action,exitCodes.{operator,values[]}} | how it is retried
kept    | ${container}.resizePolicy[].{resourceName,restartPolicy}              | whether a resize restarts it
kept    | Pod.spec.ephemeralContainers[].targetContainerName                    | which container is looked into
command | ${container}.{command,args}[]                                         | says what is waited for; literals in it may be secrets
kept    | ${container}.env[].name                                               | names are not secret
target  | Pod.spec.initContainers[].env[].value                                 | hosts, ports and URLs of an init container say what is waited for; all else is an HMAC
value   | Pod.spec.{containers,ephemeralContainers}[].env[].value               | literals may be secrets; those of app containers explain no initialization
kept    | ${container}.env[].valueFrom.{secretKeyRef,configMapKeyRef}.{name,key,optional} | the reference explains CreateContainerConfigError; the value is not here
kept    | ${container}.env[].valueFrom.fieldRef.{apiVersion,fieldPath}          | a reference
kept    | ${container}.env[].valueFrom.fileKeyRef.{key,optional,path,volumeName} | a reference
kept    | ${container}.env[].valueFrom.resourceFieldRef.{containerName,divisor,resource} | a reference
kept    | ${container}.envFrom[].{prefix,secretRef.{name,optional},configMapRef.{name,optional}} | references
kept    | ${container}.resources.{claims[].{name,request},limits{},requests{}}  | what it was to be given: an OOM is measured against it
kept    | ${container}.ports[].{name,containerPort,hostPort,hostIP,protocol}    | what listens: others wait for it; host ports explain unschedulable pods
kept    | ${container}.volumeMounts[].{name,mountPath,mountPropagation,readOnly,recursiveReadOnly,subPath,subPathExpr} | what must be there before it runs
kept    | ${container}.volumeDevices[].{name,devicePath}                        | what must be there before it runs
kept    | ${container}.{terminationMessagePath,terminationMessagePolicy}        | where its last words come from
kept    | ${container}.{stdin,stdinOnce,tty}                                    | one that reads waits for ever
kept    | ${container}.securityContext.{allowPrivilegeEscalation,privileged,procMount,readOnlyRootFilesystem,runAsGroup,runAsNonRoot,runAsUser} | explains refused starts and permissions
kept    | ${container}.securityContext.{appArmorProfile.{type,localhostProfile},seccompProfile.{type,localhostProfile}} | explains refused starts
kept    | ${container}.securityContext.{capabilities.{add[],drop[]},seLinuxOptions.{level,role,type,user}} | explains refused permissions
kept    | ${container}.securityContext.windowsOptions.{gmsaCredentialSpecName,hostProcess,runAsUserName} | explains refused starts
value   | ${container}.securityContext.windowsOptions.gmsaCredentialSpec        | a credential, written out

command | ${probe}.exec.command[]                                               | as any command
kept    | ${probe}.{failureThreshold,successThreshold,initialDelaySeconds,periodSeconds,timeoutSeconds,terminationGracePeriodSeconds} | how long a sidecar may take
kept    | ${probe}.{grpc.{port,service},tcpSocket.{host,port}}                  | what is asked
kept    | ${probe}.httpGet.{host,port,scheme,httpHeaders[].name}                | what is asked
text    | ${probe}.httpGet.path                                                 | what is asked; a query may hold a token
value   | ${probe}.httpGet.httpHeaders[].value                                  | headers carry tokens
command | ${hook}.exec.command[]                                                | as any command
kept    | ${hook}.{sleep.seconds,tcpSocket.{host,port}}                         | a hook holds the container up
kept    | ${hook}.httpGet.{host,port,scheme,httpHeaders[].name}                 | a hook holds the container up
text    | ${hook}.httpGet.path                                                  | a query may hold a token
value   | ${hook}.httpGet.httpHeaders[].value                                   | headers carry tokens
kept    | ${container}.lifecycle.stopSignal                                     | explains an exit code
`;

const placementPaths = `
kept    | Pod.spec.{nodeName,schedulerName,priority,priorityClassName,preemptionPolicy} | where and when it is placed
kept    | Pod.spec.{nodeSelector{},overhead{},schedulingGates[].name,schedulingGroup.podGroupName} | why it is not placed
kept    | Pod.spec.tolerations[].{key,operator,value,effect,tolerationSeconds}  | why it is, or is not, placed; when it is evicted
kept    | Pod.spec.topologySpreadConstraints[].{maxSkew,minDomains,nodeAffinityPolicy,nodeTaintsPolicy,topologyKey,whenUnsatisfiable,matchLabelKeys[]} | why it is not placed
kept    | Pod.spec.topologySpreadConstraints[].labelSelector.${selector}        | why it is not placed
kept    | ${affinity}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[].{weight,preference.${nodeTerms}} | why it is placed there
kept    | ${affinity}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[].${nodeTerms} | why it is not placed
kept    | ${affinity}.{podAffinity,podAntiAffinity}.preferredDuringSchedulingIgnoredDuringExecution[].weight | why it is placed there
kept    | ${affinity}.{podAffinity,podAntiAffinity}.${podTerm}.{topologyKey,namespaces[],matchLabelKeys[],mismatchLabelKeys[]} | why it is not placed
kept    | ${affinity}.{podAffinity,podAntiAffinity}.${podTerm}.{labelSelector,namespaceSelector}.${selector} | why it is not placed
`;

const podPaths = `
kept    | Pod.spec.{restartPolicy,activeDeadlineSeconds,terminationGracePeriodSeconds} | how failure and deletion go
kept    | Pod.spec.{serviceAccountName,automountServiceAccountToken,runtimeClassName,imagePullSecrets[].name} | references that must exist before it starts
dropped | Pod.spec.serviceAccount                                               | the deprecated twin of serviceAccountName
kept    | Pod.spec.resourceClaims[].{name,resourceClaimName,resourceClaimTemplateName} | devices waited for
kept    | Pod.spec.resources.{claims[].{name,request},limits{},requests{}}      | what the pod is given as a whole
kept    | Pod.spec.readinessGates[].conditionType                               | what must be true before it is ready
kept    | Pod.spec.{hostNetwork,hostIPC,hostPID,hostUsers,shareProcessNamespace,os.name} | what its sandbox is
kept    | Pod.spec.{hostname,hostnameOverride,subdomain,setHostnameAsFQDN,enableServiceLinks} | what names it finds
kept    | Pod.spec.{dnsPolicy,dnsConfig.{nameservers[],searches[],options[].{name,value}},hostAliases[].{ip,hostnames[]}} | why a host that is waited for is not found
kept    | Pod.spec.securityContext.{fsGroup,fsGroupChangePolicy,runAsGroup,runAsNonRoot,runAsUser,supplementalGroups[],supplementalGroupsPolicy} | slow volumes, refused permissions
kept    | Pod.spec.securityContext.{seLinuxChangePolicy,seLinuxOptions.{level,role,type,user},sysctls[].{name,value}} | slow volumes, refused starts
kept    | Pod.spec.securityContext.{appArmorProfile.{type,localhostProfile},seccompProfile.{type,localhostProfile}} | refused starts
kept    | Pod.spec.securityContext.windowsOptions.{gmsaCredentialSpecName,hostProcess,runAsUserName} | refused starts
value   | Pod.spec.securityContext.windowsOptions.gmsaCredentialSpec            | a credential, written out
`;

const keyPaths = 'items[].{key,mode,path}';
const downwardItems =
  'items[].{mode,path,fieldRef.{apiVersion,fieldPath},resourceFieldRef.{containerName,divisor,resource}}';

const volumePaths = `
kept    | ${volume}.name                                                        | volumes: type and references, what must be mounted before anything starts
kept    | ${volume}.{emptyDir.{medium,sizeLimit},hostPath.{path,type},image.{reference,pullPolicy},persistentVolumeClaim.{claimName,readOnly}} | type and reference
kept    | ${volume}.{configMap.{name,optional,defaultMode,${keyPaths}},secret.{secretName,optional,defaultMode,${keyPaths}}} | a missing one holds the pod; never the values
kept    | ${volume}.downwardAPI.{defaultMode,${downwardItems}}                  | type and reference
kept    | ${volume}.projected.{defaultMode,sources[].{configMap,secret}.{name,optional,${keyPaths}}} | a missing one holds the pod; never the values
kept    | ${volume}.projected.sources[].downwardAPI.${downwardItems}            | type and reference
kept    | ${volume}.projected.sources[].serviceAccountToken.{audience,expirationSeconds,path} | type and reference
kept    | ${volume}.projected.sources[].clusterTrustBundle.{name,optional,path,signerName,labelSelector.${selector}} | type and reference
kept    | ${volume}.projected.sources[].podCertificate.{certificateChainPath,credentialBundlePath,keyPath,keyType,maxExpirationSeconds,signerName} | type and reference
value   | ${volume}.projected.sources[].podCertificate.userAnnotations{}        | free text
kept    | ${volume}.csi.{driver,fsType,readOnly,nodePublishSecretRef.name}      | type and reference
value   | ${volume}.csi.volumeAttributes{}                                      | free text of any driver
kept    | ${volume}.flexVolume.{driver,fsType,readOnly,secretRef.name}          | type and reference
value   | ${volume}.flexVolume.options{}                                        | free text of any driver
kept    | ${volume}.awsElasticBlockStore.{fsType,partition,readOnly,volumeID}   | type and reference
kept    | ${volume}.azureDisk.{cachingMode,diskName,diskURI,fsType,kind,readOnly} | type and reference
kept    | ${volume}.azureFile.{readOnly,secretName,shareName}                   | type and reference
kept    | ${volume}.cephfs.{monitors[],path,readOnly,secretFile,secretRef.name,user} | type and reference
kept    | ${volume}.cinder.{fsType,readOnly,secretRef.name,volumeID}            | type and reference
kept    | ${volume}.fc.{fsType,lun,readOnly,targetWWNs[],wwids[]}               | type and reference
kept    | ${volume}.flocker.{datasetName,datasetUUID}                           | type and reference
kept    | ${volume}.gcePersistentDisk.{fsType,partition,pdName,readOnly}        | type and reference
kept    | ${volume}.gitRepo.{directory,revision}                                | type and reference
text    | ${volume}.gitRepo.repository                                          | a URL that may hold a user and a password
kept    | ${volume}.glusterfs.{endpoints,path,readOnly}                         | type and reference
kept    | ${volume}.iscsi.{chapAuthDiscovery,chapAuthSession,fsType,initiatorName,iqn,iscsiInterface,lun,portals[],readOnly,secretRef.name,targetPortal} | type and reference
kept    | ${volume}.nfs.{path,readOnly,server}                                  | type and reference
kept    | ${volume}.photonPersistentDisk.{fsType,pdID}                          | type and reference
kept    | ${volume}.portworxVolume.{fsType,readOnly,volumeID}                   | type and reference
kept    | ${volume}.quobyte.{group,readOnly,registry,tenant,user,volume}        | type and reference
kept    | ${volume}.rbd.{fsType,image,keyring,monitors[],pool,readOnly,secretRef.name,user} | type and reference
kept    | ${volume}.scaleIO.{fsType,gateway,protectionDomain,readOnly,secretRef.name,sslEnabled,storageMode,storagePool,system,volumeName} | type and reference
kept    | ${volume}.storageos.{fsType,readOnly,secretRef.name,volumeName,volumeNamespace} | type and reference
kept    | ${volume}.vsphereVolume.{fsType,storagePolicyID,storagePolicyName,volumePath} | type and reference
kept    | ${claim}.spec.{accessModes[],resources.{limits{},requests{}},storageClassName,volumeAttributesClassName,volumeMode,volumeName} | a claim that is not bound holds the pod
kept    | ${claim}.spec.{dataSource.{apiGroup,kind,name},dataSourceRef.{apiGroup,kind,name,namespace},selector.${selector}} | a claim that is not bound holds the pod
kept    | ${claim}.metadata.labels{}                                            | what the claim is selected by
value   | ${claim}.metadata.annotations{}                                       | free text
dropped | ${claim}.metadata.{name,namespace,uid,generateName,generation,resourceVersion,selfLink,creationTimestamp,deletionTimestamp,deletionGracePeriodSeconds,finalizers[]} | a template has none of these
dropped | ${claim}.metadata.ownerReferences[].{apiVersion,kind,name,uid,controller,blockOwnerDeletion} | a template has none of these
dropped | ${claim}.metadata.managedFields[].{apiVersion,fieldsType,fieldsV1,manager,operation,subresource,time} | a template has none of these
`;

/** What is kept of a pod's spec. The columns: how, path, reason. */
export const podSpecPaths = [containerPaths, placementPaths, podPaths, volumePaths].join('\n');
