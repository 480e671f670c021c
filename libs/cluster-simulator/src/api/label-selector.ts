import { badRequest } from './refusals.js';

/** Whether an object with these labels is meant. */
export type LabelSelector = (labels: Readonly<Record<string, string>>) => boolean;

type Token = { kind: 'word' | 'sign' | 'end'; text: string };

const signs = ['!=', '==', '!', '=', '>', '<', '(', ')', ','];
const everything: LabelSelector = () => true;

/**
 * Reads a label selector: `a`, `!a`, `a=b`, `a==b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a>1`, `a<1`, joined by commas
 * (`apimachinery:pkg/labels/selector.go`).
 *
 * @throws ApiError 400 in the server's words
 */
export function labelSelector(text: string): LabelSelector {
  if (text.trim() === '') return everything;
  const all = requirements(new Tokens(tokens(text)));
  return (labels) => all.every((matches) => matches(labels));
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let rest = text.trimStart(); rest !== ''; rest = rest.trimStart()) {
    const sign = signs.find((one) => rest.startsWith(one));
    const taken = sign ?? /^[^\s!=<>(),]+/.exec(rest)?.[0] ?? rest;
    found.push({ kind: sign ? 'sign' : 'word', text: taken });
    rest = rest.slice(taken.length);
  }
  return found;
}

class Tokens {
  private next = 0;

  constructor(private readonly all: Token[]) {}

  get ahead(): Token {
    return this.all[this.next] ?? { kind: 'end', text: '' };
  }

  take(): Token {
    const token = this.ahead;
    this.next += 1;
    return token;
  }

  atEnd(): boolean {
    return this.ahead.kind === 'end' || this.ahead.text === ',';
  }
}

function requirements(input: Tokens): LabelSelector[] {
  const all: LabelSelector[] = [];
  for (;;) {
    const { kind, text } = input.ahead;
    if (kind === 'end') return all;
    if (kind === 'sign' && text !== '!')
      throw badRequest(`found '${text}', expected: !, identifier, or 'end of string'`);
    all.push(requirement(input));
    const joint = input.take();
    if (joint.kind === 'end') return all;
    if (joint.text !== ',') throw badRequest(`found '${joint.text}', expected: ',' or 'end of string'`);
    const after = input.ahead;
    if (after.kind !== 'word' && after.text !== '!')
      throw badRequest(`found '${after.text}', expected: identifier after ','`);
  }
}

const wrongRequirement = (why: string) => badRequest(`unable to parse requirement: ${why}`);

function requirement(input: Tokens): LabelSelector {
  const negated = input.ahead.text === '!' && input.ahead.kind === 'sign';
  if (negated) input.take();
  const key = input.take();
  if (key.kind !== 'word') throw wrongRequirement(`found '${key.text}', expected: identifier`);
  checkKey(key.text);
  if (negated) return (labels) => !(key.text in labels);
  if (input.atEnd()) return (labels) => key.text in labels;
  return comparison(key.text, input);
}

function comparison(key: string, input: Tokens): LabelSelector {
  const operator = input.take().text;
  switch (operator) {
    case '=':
    case '==': {
      const [value] = exactValue(key, input);
      return (labels) => key in labels && labels[key] === value;
    }
    case '!=': {
      const [value] = exactValue(key, input);
      return (labels) => labels[key] !== value;
    }
    case 'in': {
      const values = valuesIn(key, input);
      return (labels) => key in labels && values.includes(labels[key] ?? '');
    }
    case 'notin': {
      const values = valuesIn(key, input);
      return (labels) => !(key in labels) || !values.includes(labels[key] ?? '');
    }
    case '>':
    case '<':
      return ordering(key, operator, exactValue(key, input)[0] ?? '');
    default:
      throw wrongRequirement(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function ordering(key: string, operator: '>' | '<', value: string): LabelSelector {
  if (!/^[+-]?\d+$/.test(value)) {
    const why = `values[0]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`;
    throw wrongRequirement(why);
  }
  const limit = Number(value);
  return (labels) => {
    const text = labels[key];
    if (text === undefined || !/^[+-]?\d+$/.test(text)) return false;
    return operator === '>' ? Number(text) > limit : Number(text) < limit;
  };
}

function exactValue(key: string, input: Tokens): [string] {
  if (input.atEnd()) return [''];
  const { kind, text } = input.take();
  if (kind !== 'word') throw wrongRequirement(`found '${text}', expected: identifier`);
  checkValue(key, text);
  return [text];
}

function valuesIn(key: string, input: Tokens): string[] {
  const open = input.take();
  if (open.text !== '(') throw wrongRequirement(`found '${open.text}' expected: '('`);
  const values: string[] = [];
  let pending = '';
  for (;;) {
    const { kind, text } = input.take();
    if (kind === 'word') {
      checkValue(key, text);
      pending = text;
      if (![',', ')'].includes(input.ahead.text))
        throw wrongRequirement(`found '${input.ahead.text}', expected: ',' or ')'`);
    } else if (text === ',' || text === ')') {
      values.push(pending);
      pending = '';
      if (text === ')') return values;
    } else throw wrongRequirement(`found '${text}', expected: ',', ')' or identifier`);
  }
}

const word = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const nameRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

function checkKey(key: string): void {
  const name = key.split('/').at(-1) ?? '';
  if (!word.test(name)) throw wrongRequirement(`<nil>: Invalid value: ${JSON.stringify(key)}: ${nameRule}`);
}

function checkValue(key: string, value: string): void {
  if (value !== '' && !word.test(value))
    throw wrongRequirement(`values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${valueRule}`);
}
