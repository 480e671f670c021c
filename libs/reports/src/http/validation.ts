import { StandardSchemaValidationPipe } from '@nestjs/common';
import { AuditError } from '#libs/platform';

type Issue = Readonly<{
  message: string;
  path?: readonly unknown[] | undefined;
  code?: string;
  keys?: readonly string[];
}>;
type Wrong = Readonly<{ parameter: string; detail: string }>;

/** Checks every argument that has a schema; a refusal names each wrong parameter, an unknown one by its name. */
export const validationPipe = (): StandardSchemaValidationPipe =>
  new StandardSchemaValidationPipe({ exceptionFactory: (issues) => refusal(issues) });

/** The refusal of what a schema found wrong. */
export function refusal(issues: readonly Issue[]): AuditError {
  const errors = issues.flatMap(wrongOf);
  const said = errors.map(({ parameter, detail }) => `${parameter || 'the body'}: ${detail}`).join('; ');
  return new AuditError('query-invalid', said, { details: { errors } });
}

function wrongOf({ message, path, code, keys }: Issue): Wrong[] {
  if (code === 'unrecognized_keys' && keys)
    return keys.map((parameter) => ({ parameter, detail: 'is not a parameter of this path' }));
  const [segment] = path ?? [];
  const parameter = typeof segment === 'object' && segment !== null && 'key' in segment ? segment.key : segment;
  return [{ parameter: typeof parameter === 'string' ? parameter : '', detail: message }];
}
