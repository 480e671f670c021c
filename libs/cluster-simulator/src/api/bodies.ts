import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { ApiError } from './api-error.js';
import { isFields, type Fields, type KubeObject } from './kube-object.js';
import type { PatchType } from './patches.js';
import { badRequest, unsupportedMediaType } from './refusals.js';
import { apiVersionOf, type Resource } from './resources.js';

/** Bodies beyond this many bytes are refused (`MaxRequestBodyBytes` of kube-apiserver). */
const maxBytes = 3 * 1024 * 1024;

/** The bytes of a request's body. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    parts.push(part as Buffer);
    length += (part as Buffer).length;
    if (length > maxBytes) {
      const message = `Request entity too large: limit is ${maxBytes}`;
      throw new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message });
    }
  }
  return Buffer.concat(parts);
}

const typeOf = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';

/**
 * Reads the object that is to be written.
 *
 * @throws ApiError 400 (not an object of this kind), 415 (neither JSON nor YAML)
 */
export async function readObject(
  request: IncomingMessage,
  { kind, apiVersion }: { kind: string; apiVersion: string },
): Promise<KubeObject> {
  const type = typeOf(request);
  if (!['', 'application/json', 'application/yaml'].includes(type)) {
    throw unsupportedMediaType(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']);
  }
  const body = decode(await readBody(request), type, kind);
  const said = { kind: body['kind'] ?? kind, apiVersion: body['apiVersion'] ?? apiVersion };
  if (said.kind !== kind || said.apiVersion !== apiVersion) {
    const of = `${JSON.stringify(said.kind).slice(1, -1)} in version ${JSON.stringify(said.apiVersion)}`;
    throw badRequest(`${of} cannot be handled as a ${kind}`);
  }
  return { ...body, metadata: isFields(body['metadata']) ? body['metadata'] : {} };
}

function decode(body: Buffer, type: string, kind: string): Fields {
  const text = body.toString();
  const unrecognized = (why: string) =>
    badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why}`,
    );
  let value: unknown;
  try {
    value = type === 'application/yaml' ? parseYaml(text) : JSON.parse(text || '{}');
  } catch {
    throw unrecognized(`unexpected end of JSON input (${body.subarray(0, 24).toString('hex')})`);
  }
  if (!isFields(value))
    throw unrecognized(`json: cannot unmarshal into a struct (${body.subarray(0, 24).toString('hex')})`);
  return value;
}

const patchTypes: Readonly<Record<string, PatchType | 'apply'>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** A patch as it came, with its form. */
export type RequestPatch = { type: PatchType | 'apply'; body: unknown };

/**
 * Reads a patch.
 *
 * @throws ApiError 400, 415
 */
export async function readPatch(request: IncomingMessage): Promise<RequestPatch> {
  const type = patchTypes[typeOf(request)];
  if (!type)
    throw new ApiError({
      code: 415,
      reason: 'UnsupportedMediaType',
      message: '415: Unsupported Media Type',
      details: {},
    });
  const text = (await readBody(request)).toString();
  try {
    return { type, body: type === 'apply' ? (parseYaml(text) as unknown) : (JSON.parse(text) as unknown) };
  } catch (cause) {
    throw badRequest(`error decoding patch: ${cause instanceof Error ? cause.message : 'unreadable'}`);
  }
}

/** The options of a DELETE, from its body. A body that is no such thing says nothing. */
export async function readDeleteBody(request: IncomingMessage): Promise<Fields> {
  const text = (await readBody(request)).toString();
  if (text.trim() === '') return {};
  const value: unknown = JSON.parse(text);
  return isFields(value) ? value : {};
}

/** What a body for a resource must be. */
export const bodyOf = (resource: Resource): { kind: string; apiVersion: string } => ({
  kind: resource.kind,
  apiVersion: apiVersionOf(resource),
});
