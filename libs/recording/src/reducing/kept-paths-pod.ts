/** What is kept of a pod's metadata. The columns: how, path, reason. */
export const podMetadataPaths = `
dropped     | Pod.{apiVersion,kind}                                        | the same for every pod; the observation's type says it
kept        | Pod.metadata.{name,namespace,uid,generateName}               | identity
kept        | Pod.metadata.creationTimestamp                               | where time begins
kept        | Pod.metadata.generation                                      | counts changes of the spec; status.observedGeneration refers to it
kept        | Pod.metadata.labels{}                                        | selectors, revision hashes, reports by label
kept        | Pod.metadata.finalizers[]                                    | hold a deleted pod
kept        | Pod.metadata.ownerReferences[].{apiVersion,kind,name,uid,controller,blockOwnerDeletion} | the owner chain
annotations | Pod.metadata.annotations{}                                   | free text of anybody: some explain (mirror, injector, network), any may hold a secret
aside       | Pod.metadata.{deletionTimestamp,deletionGracePeriodSeconds}  | part deletion: it comes and changes alone
aside       | Pod.metadata.managedFields[].{manager,operation,subresource,time} | the observation's writes: the API server's clock of each writer
dropped     | Pod.metadata.managedFields[].{apiVersion,fieldsType,fieldsV1} | half of the object's size; the change itself says what was written
aside       | Pod.metadata.resourceVersion                                 | of the observation, and in no part: it changes with every write
dropped     | Pod.metadata.selfLink                                        | not set since 1.20
`;

const status = 'Pod.status.{initContainerStatuses,containerStatuses,ephemeralContainerStatuses}[]';
const state = `${status}.{state,lastState}`;

/** What is kept of a pod's status: all of it. The columns: how, path, reason. */
export const podStatusPaths = `
kept    | Pod.status.{phase,reason,qosClass,startTime,resize}                        | where the pod stands
kept    | Pod.status.{observedGeneration,nominatedNodeName}                          | which spec the node has seen; where a preemptor is to go
message | Pod.status.message                                                         | why, in words that may quote the workload
kept    | Pod.status.{hostIP,hostIPs[].ip,podIP,podIPs[].ip}                         | the sandbox, and when it changed
kept    | Pod.status.conditions[].{type,status,reason,lastProbeTime,lastTransitionTime,observedGeneration} | one part for each type
message | Pod.status.conditions[].message                                            | names what is missing; custom conditions say anything
kept    | Pod.status.{resources.{claims[].{name,request},limits{},requests{}},allocatedResources{}} | a resize in progress
kept    | Pod.status.resourceClaimStatuses[].{name,resourceClaimName}                | devices waited for
kept    | Pod.status.extendedResourceClaimStatus.{resourceClaimName,requestMappings[].{containerName,requestName,resourceName}} | devices waited for
kept    | Pod.status.nodeAllocatableResourceClaimStatuses[].{resourceClaimName,containers[],resources{}} | devices waited for

kept    | ${status}.{name,ready,started,restartCount,containerID,image,imageID,stopSignal} | the instance
kept    | ${state}.running.startedAt                                                 | the attempt
kept    | ${state}.terminated.{containerID,exitCode,signal,reason,startedAt,finishedAt} | the attempt and its end
message | ${state}.terminated.message                                                | the termination message: words of the workload
kept    | ${state}.waiting.reason                                                    | what it waits for
message | ${state}.waiting.message                                                   | what it waits for, in words that may quote a registry or a hook
kept    | ${status}.{resources.{claims[].{name,request},limits{},requests{}},allocatedResources{}} | what it was given: an OOM is measured against it
kept    | ${status}.allocatedResourcesStatus[].{name,resources[].{health,resourceID}} | a device that failed
message | ${status}.allocatedResourcesStatus[].resources[].message                   | why it failed
kept    | ${status}.user.linux.{uid,gid,supplementalGroups[]}                        | explains refused permissions
kept    | ${status}.volumeMounts[].{name,mountPath,readOnly,recursiveReadOnly,volumeStatus.image.imageRef} | what was mounted
`;
