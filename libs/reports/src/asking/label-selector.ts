/** One requirement of a Kubernetes label selector. All of a selector's requirements must hold. */
export type LabelRequirement =
  | Readonly<{ key: string; operator: 'in' | 'notIn'; values: readonly string[] }>
  | Readonly<{ key: string; operator: 'exists' | 'doesNotExist' }>
  | Readonly<{ key: string; operator: 'greaterThan' | 'lessThan'; than: number }>;

/** What is wrong with a selector, in words for whoever wrote it. */
export type LabelSelectorProblem = Readonly<{ problem: string }>;

const key = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const value = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const setBased = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
const equality = /^([^\s=!<>]+)\s*(==|=|!=|<|>)\s*(\S*)$/;

/**
 * Reads the grammar of `kubectl get -l` (k8s.io/apimachinery pkg/labels): `k=v`, `k==v`, `k!=v`, `k in (a,b)`,
 * `k notin (a)`, `k`, `!k`, `k>5`, `k<5`, joined by commas.
 */
export function parseLabelSelector(text: string): readonly LabelRequirement[] | LabelSelectorProblem {
  const requirements: LabelRequirement[] = [];
  for (const part of parts(text)) {
    const requirement = parseRequirement(part.trim());
    if ('problem' in requirement) return requirement;
    requirements.push(requirement);
  }
  return requirements;
}

/** Splits at the commas outside parentheses. */
const parts = (text: string): string[] => (text.trim() === '' ? [] : text.split(/,(?![^(]*\))/));

function parseRequirement(text: string): LabelRequirement | LabelSelectorProblem {
  const set = setBased.exec(text);
  if (set)
    return checked({ key: set[1] ?? '', operator: set[2] === 'in' ? 'in' : 'notIn', values: listed(set[3] ?? '') });

  const equal = equality.exec(text);
  if (equal) return fromEquality(equal[1] ?? '', equal[2] ?? '', equal[3] ?? '');

  const bare = /^(!?)\s*(\S+)$/.exec(text);
  if (!bare) return { problem: `“${text}” is not a requirement such as k=v, k in (a,b), k or !k` };
  return checked({ key: bare[2] ?? '', operator: bare[1] ? 'doesNotExist' : 'exists' });
}

function fromEquality(name: string, sign: string, operand: string): LabelRequirement | LabelSelectorProblem {
  if (sign === '<' || sign === '>') {
    if (!/^-?\d+$/.test(operand)) return { problem: `“${operand}” after ${sign} is not a whole number` };
    return checked({ key: name, operator: sign === '>' ? 'greaterThan' : 'lessThan', than: Number(operand) });
  }
  return checked({ key: name, operator: sign === '!=' ? 'notIn' : 'in', values: [operand] });
}

const listed = (text: string): string[] => text.split(',').map((one) => one.trim());

function checked(requirement: LabelRequirement): LabelRequirement | LabelSelectorProblem {
  if (!key.test(requirement.key)) return { problem: `“${requirement.key}” is not a label key` };
  if (!('values' in requirement)) return requirement;
  const wrong = requirement.values.find((one) => !value.test(one));
  return wrong === undefined ? requirement : { problem: `“${wrong}” is not a label value` };
}
