import { expect, it } from 'vitest';
import { sentence } from './sentence';

it('makes a sentence of a message, and leaves one alone', () => {
  expect(sentence('the password is wrong')).toBe('The password is wrong.');
  expect(sentence('Something went wrong.')).toBe('Something went wrong.');
});
