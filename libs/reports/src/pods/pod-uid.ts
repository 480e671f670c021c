const uid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Whether this can be the UID of a pod: a UUID, or the 32 hexadecimal digits of a static pod. */
export const isUid = (text: string): boolean => uid.test(text);
