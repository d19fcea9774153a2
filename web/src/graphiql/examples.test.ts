import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { examples } from './examples';
import { workspaceStorage } from './storage';

describe('the examples of GraphiQL', () => {
  const schema = buildSchema(readFileSync('../schema.graphql', 'utf8'));

  it.each(examples.map((text) => [text.match(/(?:query|mutation) (\w+)/)?.[1], text]))(
    '%s is valid',
    (_, text) => {
      expect(validate(schema, parse(text)).map((error) => error.message)).toEqual([]);
    },
  );

  it('are kept for each workspace apart', () => {
    const [acme, globex] = [workspaceStorage('acme'), workspaceStorage('globex')];
    acme.setItem('tabs', 'a');
    globex.setItem('tabs', 'g');
    acme.clear();
    expect([acme.length, acme.getItem('tabs'), globex.getItem('tabs')]).toEqual([0, null, 'g']);
  });
});
