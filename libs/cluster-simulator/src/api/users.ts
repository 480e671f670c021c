/** What some users may do: with which resources, or with which other paths. `*` means all. */
export type Rule = {
  verbs: readonly string[];
  apiGroups?: readonly string[];
  /** `pods`, or `pods/log` for a subresource. */
  resources?: readonly string[];
  resourceNames?: readonly string[];
  /** Where; everywhere, and in what has no namespace, unless told. */
  namespaces?: readonly string[];
  nonResourceURLs?: readonly string[];
};

/** Somebody whom the server knows by a token. */
export type User = {
  name: string;
  uid?: string;
  groups?: readonly string[];
  rules?: readonly Rule[];
};

/** Whoever comes without a token. */
export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
