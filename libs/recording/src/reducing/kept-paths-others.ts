const unusedMetadata = (kind: string, names: string): string => `
dropped | ${kind}.{apiVersion,kind}                                             | the observation's type says it
aside   | ${kind}.metadata.resourceVersion                                      | of the observation, and in no part
aside   | ${kind}.metadata.managedFields[].{manager,operation,subresource,time} | the observation's writes
dropped | ${kind}.metadata.managedFields[].{apiVersion,fieldsType,fieldsV1}     | the change itself says what was written
dropped | ${kind}.metadata.{${names},finalizers[],generateName,generation,deletionGracePeriodSeconds,selfLink} | explains no initialization
dropped | ${kind}.metadata.ownerReferences[].{apiVersion,kind,name,uid,controller,blockOwnerDeletion} | nothing owns one that matters here
`;

const object = '{apiVersion,fieldPath,kind,name,namespace,resourceVersion,uid}';

/** What is kept of an Event. The columns: how, path, reason. */
export const eventPaths = `
${unusedMetadata('Event', 'annotations{},labels{},deletionTimestamp')}
aside   | Event.metadata.{name,namespace,uid,creationTimestamp}                 | beside the event's own fields: identity, and a time where it has no other
kept    | Event.{involvedObject,related}.${object}                              | whom it is about
kept    | Event.{reason,type,action}                                            | what happened
message | Event.message                                                         | what happened, in words that may quote a probe, a hook or a registry
kept    | Event.{count,firstTimestamp,lastTimestamp,eventTime,series.{count,lastObservedTime}} | how often, from when to when
kept    | Event.{source.{component,host},reportingComponent,reportingInstance}  | who says so
`;

const configMap = 'configMap.{kubeletConfigKey,name,namespace,resourceVersion,uid}';

/** What is kept of a Node: what explains a pod on it, no heartbeats, no images. The columns: how, path, reason. */
export const nodePaths = `
${unusedMetadata('Node', 'namespace,annotations{}')}
kept    | Node.metadata.{name,uid,creationTimestamp,deletionTimestamp}          | identity
kept    | Node.metadata.labels{}                                                | zone, pool, architecture
kept    | Node.spec.{unschedulable,taints[].{key,value,effect,timeAdded}}       | why pods are not placed there, or evicted
dropped | Node.spec.{externalID,podCIDR,podCIDRs[],providerID,configSource.${configMap}} | explains no initialization
kept    | Node.status.nodeInfo.{bootID,kubeletVersion,containerRuntimeVersion,kernelVersion,operatingSystem,osImage,architecture} | a reboot; which kubelet's words these are
dropped | Node.status.nodeInfo.{kubeProxyVersion,machineID,systemUUID,swap.capacity} | explains no initialization
kept    | Node.status.conditions[].{type,status,reason,lastTransitionTime}      | one part for each type: Ready and pressure; other types are dropped
message | Node.status.conditions[].message                                      | one part for each type: Ready and pressure; other types are dropped
dropped | Node.status.conditions[].lastHeartbeatTime                            | moves every minute and says nothing
kept    | Node.status.allocatable{}                                             | what can be placed there
dropped | Node.status.{capacity{},addresses[].{address,type},daemonEndpoints.kubeletEndpoint.Port,phase} | explains no initialization
dropped | Node.status.images[].{names[],sizeBytes}                              | long, and moves with every pull
dropped | Node.status.{volumesAttached[].{devicePath,name},volumesInUse[]}      | moves with every pod
dropped | Node.status.{declaredFeatures[],features.supplementalGroupsPolicy,runtimeHandlers[].{name,features.{recursiveReadOnlyMounts,userNamespaces}}} | follows from the versions
dropped | Node.status.config.{{active,assigned,lastKnownGood}.${configMap},error} | dynamic kubelet configuration is gone since 1.26
`;

/** What is kept of a Namespace. The columns: how, path, reason. */
export const namespacePaths = `
${unusedMetadata('Namespace', 'namespace,annotations{},creationTimestamp')}
kept    | Namespace.metadata.{name,uid,labels{},deletionTimestamp}              | whose history it is, and when it ended
dropped | Namespace.{spec.finalizers[],status.phase}                            | deletionTimestamp says it
dropped | Namespace.status.conditions[].{type,status,reason,message,lastTransitionTime} | explains no initialization
`;
