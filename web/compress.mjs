// Writes a .gz beside each text file of the build: the gateway sends it as it is, and compresses nothing itself.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const files = readdirSync('dist', { recursive: true }).filter((file) => /\.(js|css|html|svg)$/.test(file));
for (const file of files) {
  writeFileSync(join('dist', `${file}.gz`), gzipSync(readFileSync(join('dist', file)), { level: 9 }));
}
