import { expect, it } from 'vitest';
import { programName } from './program';

it('calls browsers by their names, whatever other names they carry', () => {
  const mozilla = (rest: string) => `Mozilla/5.0 (${rest}`;
  const named = {
    [mozilla(
      'Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    )]: 'Chrome on Windows',
    [mozilla('Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0')]:
      'Edge on Windows',
    [mozilla(
      'Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
    )]: 'Safari on Mac',
    [mozilla(
      'iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1',
    )]: 'Safari on iPhone',
    [mozilla('X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0')]: 'Firefox on Linux',
  };
  for (const [userAgent, name] of Object.entries(named)) expect(programName(userAgent)).toBe(name);
});

it('leaves other programs their own words, and says when there are none', () => {
  expect(programName('curl/8.5.0')).toBe('curl/8.5.0');
  expect(programName(null)).toBe('Unknown program');
  expect(programName('')).toBe('Unknown program');
});
