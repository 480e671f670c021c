/** Whatever a store holds under command, args and env is read in bounded time, and never thrown at. */
import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { read } from '../testing/init-container.js';

const snippet = constantFrom(
  'until ',
  'while ',
  '! ',
  'do\n',
  'done; ',
  'if ',
  'then ',
  'fi ',
  'for x in ',
  '{ ',
  '} ',
  '( ',
  ') ',
  'f() ',
  'function f ',
  'nc -z db 5432',
  'curl -f ',
  'http://a:1/b',
  ' $X ',
  '${X:-y}',
  '$(',
  '`',
  '"',
  "'",
  '\\',
  '<<EOF\n',
  '\nEOF\n',
  ' | ',
  ' && ',
  ' || ',
  'sleep 1; ',
  'exit 1; ',
  'f ',
  'case x in ',
  'esac ',
  '# ',
  '\n',
  '$((',
  '))',
  '<masked:abc>',
  'sh -c ',
  'eval ',
  '/dev/tcp/a/1',
  '>',
);
const script = array(oneof({ weight: 5, arbitrary: snippet }, { weight: 1, arbitrary: string() }), {
  maxLength: 40,
}).map((all) => all.join(''));

it('reads any script without throwing, and names nothing that is empty or has a secret in it', () => {
  assert(
    property(script, array(string(), { maxLength: 4 }), (text, args) => {
      const { dependencies } = read({ command: ['sh', '-c', text], args });

      for (const { target, endpoint, evidence } of dependencies) {
        expect(target).not.toMatch(/^$|\s$|<masked:/);
        expect(endpoint ?? 'none').not.toMatch(/\$|<masked:/);
        expect(evidence.text.length).toBeLessThanOrEqual(200);
      }
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['functions that call each other', 'f() { f; f; f; f; f; f; f; f; }; f'],
  ['substitutions in substitutions', '$('.repeat(20_000)],
  ['quotes', '"$("'.repeat(20_000)],
  ['loops', 'until '.repeat(10_000)],
  ['commands', 'nc -z db 5432; '.repeat(4_000)],
  ['here-documents', '<<A '.repeat(10_000)],
  ['a list of lists', 'for a in 1 2 3 4 5 6 7 8 9; do '.repeat(100) + 'until nc -z $a$a$a$a 1; do sleep 1; done'],
])('is not held up by %s', (_, text) => {
  expect(read({ command: ['sh', '-c', text] }).dependencies.length).toBeLessThanOrEqual(16);
});
