/** What of kube-apiserver's features is on. Changed while it serves, it is as if another version had taken over. */
export type FeatureGates = {
  /** Lists and watches of a part of a resource (KEP-5866). Off unless told, as in 1.36; then the parameter is ignored. */
  shardedListAndWatch: boolean;
};
