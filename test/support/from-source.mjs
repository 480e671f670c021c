// Lets Node run this repository's TypeScript as modules of its own, without a build: node --import ./test/support/from-source.mjs FILE.
// What is measured should be what Node runs: no test runner's way of importing lies between the modules.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '../..');
const cache = path.join(root, '.cache/from-source');
const config = readFileSync(path.join(root, 'tsconfig.json'), 'utf8');
mkdirSync(cache, { recursive: true });

registerHooks({
  resolve(specifier, context, next) {
    const [, kind, lib] = /^#(libs|testing)\/([\w-]+)$/.exec(specifier) ?? [];
    if (lib) {
      const index = path.join(root, 'libs', lib, 'src', kind === 'testing' ? 'testing/index.ts' : 'index.ts');
      return { url: pathToFileURL(index).href, format: 'module', shortCircuit: true };
    }
    if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
      const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true };
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
    return { format: 'module', source: compiled(fileURLToPath(url)), shortCircuit: true };
  },
});

/** From the cache where the file is as it was: a process whose memory is measured should not hold a compiler. */
function compiled(fileName) {
  const source = readFileSync(fileName, 'utf8');
  const key = createHash('sha256').update(`${fileName}\n${config}\n${source}`).digest('hex');
  const kept = path.join(cache, `${key}.js`);
  if (existsSync(kept)) return readFileSync(kept, 'utf8');
  const output = compile(fileName, source);
  const written = `${kept}.${process.pid}`;
  writeFileSync(written, output);
  renameSync(written, kept);
  return output;
}

function compile(fileName, source) {
  const ts = createRequire(import.meta.url)('typescript');
  const { options } = ts.convertCompilerOptionsFromJson(
    ts.parseConfigFileTextToJson('', config).config.compilerOptions,
    root,
  );
  const compilerOptions = {
    ...options,
    // Which format a file has, its package would say; one file at a time has none.
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    sourceMap: false,
    inlineSourceMap: true,
  };
  return ts.transpileModule(source, { compilerOptions, fileName }).outputText;
}
