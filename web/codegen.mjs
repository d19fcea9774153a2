// Writes the types and documents of every `.graphql` file under src into src/graphql/generated.ts, from the committed schema.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { buildSchema, parse, specifiedRules, validate } from 'graphql';

const out = 'src/graphql/generated.ts';
const schemaText = readFileSync('../schema.graphql', 'utf8');
const schema = buildSchema(schemaText);

const documents = readdirSync('src', { recursive: true })
  .filter((file) => file.endsWith('.graphql'))
  .sort()
  .map((file) => {
    const location = join('src', file);
    const document = parse(readFileSync(location, 'utf8'));
    const errors = validate(schema, document, specifiedRules);
    if (errors.length > 0) throw new Error(`${location}: ${errors.map((error) => error.message).join('; ')}`);
    return { location, document };
  });

const config = {
  scalars: { ID: 'string', Decimal: 'string', DateTime: 'string', Date: 'string' },
  enumsAsTypes: true,
  avoidOptionals: { field: true },
  skipTypename: true,
  useTypeImports: true,
  dedupeFragments: true,
};

const text = await codegen({
  filename: out,
  schema: parse(schemaText),
  schemaAst: schema,
  documents,
  config,
  plugins: [{ operations: {} }, { documents: {} }],
  pluginMap: { operations: typescriptOperations, documents: typedDocumentNode },
});
// Left alone when nothing changed: a newer file would have everything built again.
if (!existsSync(out) || readFileSync(out, 'utf8') !== text) writeFileSync(out, text);
