// Fails the build when a page needs more than its budget, in kB of gzip. Reads what each entry loads from Vite's manifest.
import { readFileSync, statSync } from 'node:fs';

const BUDGETS = [
  { page: 'entry', chunks: ['index.html'], js: 160, css: 20 },
  { page: 'home', chunks: ['index.html', 'src/features/home/HomePage.tsx'], js: 190, css: 20 },
  { page: 'sign in', chunks: ['index.html', 'src/features/auth/SignInPage.tsx'], js: 190, css: 20 },
  { page: 'GraphiQL', chunks: ['graphiql.html', 'src/graphiql/GraphiQLPage.tsx'], js: 390, css: 40 },
];

const dist = new URL('./dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
const sizeOf = (file) => statSync(new URL(`${file}.gz`, dist)).size / 1000;

function filesOf(name, seen = new Set(), files = new Set()) {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`the build has no chunk ${name}`);
  if (seen.has(name)) return files;
  seen.add(name);
  for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
  for (const other of chunk.imports ?? []) filesOf(other, seen, files);
  return files;
}

let over = false;
for (const { page, chunks, js, css } of BUDGETS) {
  const files = [...new Set(chunks.flatMap((chunk) => [...filesOf(chunk)]))];
  const total = (ending) =>
    files.filter((file) => file.endsWith(ending)).reduce((sum, file) => sum + sizeOf(file), 0);
  const sizes = { js: total('.js'), css: total('.css') };
  over ||= sizes.js > js || sizes.css > css;
  console.log(
    `${page.padEnd(10)} js ${sizes.js.toFixed(0).padStart(4)} of ${js} kB   css ${sizes.css.toFixed(0).padStart(3)} of ${css} kB`,
  );
}
if (over) {
  console.error('A page is over its budget.');
  process.exit(1);
}
