import { describe, expect, it } from 'vitest';
import { signInErrors, signUpErrors } from './validation';

const valid = { name: 'Ana', email: 'ana@example.com', password: 'correct horse', workspace: 'Acme' };

describe('what is wrong before the server is asked', () => {
  it('is nothing for a complete form', () => {
    expect(signUpErrors(valid)).toEqual({});
    expect(signInErrors(valid)).toEqual({});
  });

  it('is every field of an empty form', () => {
    const empty = { name: ' ', email: '', password: '', workspace: '' };
    expect(Object.keys(signUpErrors(empty))).toEqual(['name', 'email', 'password', 'workspace']);
  });

  it('is an address without an @ and a short password', () => {
    expect(signUpErrors({ ...valid, email: 'ana' })).toHaveProperty('email');
    expect(signUpErrors({ ...valid, password: '7 chars' })).toHaveProperty('password');
  });

  it('is not a short password when signing in: rules may have been others once', () => {
    expect(signInErrors({ email: 'ana@example.com', password: 'short' })).toEqual({});
  });
});
