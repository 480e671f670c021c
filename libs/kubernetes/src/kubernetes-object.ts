/** What every object of the API has. Anything else of it is the caller's to know. */
export type KubernetesObject = Readonly<{
  apiVersion?: string;
  kind?: string;
  metadata: Readonly<{
    uid: string;
    name: string;
    namespace?: string;
    resourceVersion: string;
    annotations?: Readonly<Record<string, string>>;
    ownerReferences?: readonly OwnerReference[];
    [field: string]: unknown;
  }>;
  [field: string]: unknown;
}>;

/** A `metav1.OwnerReference`. */
export type OwnerReference = Readonly<{
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
}>;
