/** The ways to break a source file in one place each. */
import ts from 'typescript';

/** Text from `start` to `end` replaced by `text`; the file is still parsed, though the compiler might refuse its types. */
export type Mutant = Readonly<{ file: string; line: number; kind: string; start: number; end: number; text: string }>;

export const mutated = (source: string, { start, end, text }: Mutant): string =>
  source.slice(0, start) + text + source.slice(end);

const swapped: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: '!==',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: '===',
  [ts.SyntaxKind.LessThanToken]: '<=',
  [ts.SyntaxKind.LessThanEqualsToken]: '<',
  [ts.SyntaxKind.GreaterThanToken]: '>=',
  [ts.SyntaxKind.GreaterThanEqualsToken]: '>',
  [ts.SyntaxKind.AmpersandAmpersandToken]: '||',
  [ts.SyntaxKind.BarBarToken]: '&&',
  [ts.SyntaxKind.PlusToken]: '-',
  [ts.SyntaxKind.MinusToken]: '+',
};

/** A comparison or a negation is turned where it stands: to negate it as a condition too would be the same mutant twice. */
const turnsByItself = (node: ts.Expression): boolean =>
  (ts.isBinaryExpression(node) && /^[!=]==$/.test(node.operatorToken.getText())) ||
  (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken);

/** Every mutant of a source file, in the order of the text. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true);
  const found: Mutant[] = [];
  const add = (kind: string, node: ts.Node, text: string): void => {
    const start = node.getStart(tree);
    const line = tree.getLineAndCharacterOfPosition(start).line + 1;
    found.push({ file, line, kind, start, end: node.getEnd(), text });
  };

  const condition = (node: ts.Expression): void => {
    if (!turnsByItself(node)) add('condition negated', node, `!(${node.getText()})`);
  };

  const withoutEach = (node: ts.ArrayLiteralExpression): void => {
    for (const one of node.elements) {
      const rest = node.elements.filter((other) => other !== one).map((other) => other.getText());
      add(`element ${one.getText().replaceAll(/\s+/g, ' ').slice(0, 40)} removed`, node, `[${rest.join(', ')}]`);
    }
  };

  const binary = (node: ts.BinaryExpression): void => {
    const [left, right] = [node.left.getText(), node.right.getText()];
    const operator = node.operatorToken.getText();
    if (node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
      add('?? dropped', node, `(${left})`);
      return;
    }
    const other = swapped[node.operatorToken.kind];
    if (other) add(`${operator} to ${other}`, node, `(${left} ${other} ${right})`);
  };

  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    if (ts.isIfStatement(node)) condition(node.expression);
    if (ts.isConditionalExpression(node)) condition(node.condition);
    if (ts.isBinaryExpression(node)) binary(node);
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      add('! dropped', node, `(${node.operand.getText()})`);
    }
    if (node.kind === ts.SyntaxKind.TrueKeyword) add('true to false', node, 'false');
    if (node.kind === ts.SyntaxKind.FalseKeyword) add('false to true', node, 'true');
    if (ts.isArrayLiteralExpression(node)) withoutEach(node);
    if (ts.isSpreadAssignment(node)) add('spread dropped', node.expression, '{}');
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      if (node.expression.name.text === 'filter') add('filter dropped', node, node.expression.expression.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}
