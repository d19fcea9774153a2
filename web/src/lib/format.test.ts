import { describe, expect, it } from 'vitest';
import { formatCount, formatDay, formatMoney, formatMoneyShort, formatShare } from './format';

const usd = (value: string) => ({ value, currency: 'USD' });

describe('money', () => {
  it.each([
    [usd('1054.00'), 'en-US', '$1,054'],
    [usd('1054.5'), 'en-US', '$1,054.50'],
    [usd('-0.05'), 'en-US', '-$0.05'],
    [{ value: '1054.50', currency: 'EUR' }, 'de-DE', '1.054,50\u00a0€'],
    [{ value: '1054', currency: 'JPY' }, 'en-US', '¥1,054'],
  ])('%o in %s reads %s', (money, locale, text) => {
    expect(formatMoney(money, locale)).toBe(text);
  });

  it('loses no digit of a large amount', () => {
    expect(formatMoney(usd('90071992547409931.25'), 'en-US')).toBe('$90,071,992,547,409,931.25');
  });

  it('is a dash when there is none', () => {
    expect(formatMoney(null)).toBe('–');
    expect(formatMoneyShort(undefined)).toBe('–');
  });

  it('shows what came when the currency is not one', () => {
    expect(formatMoney({ value: '12.00', currency: 'points' })).toBe('12.00 points');
  });

  it.each([
    ['10005534.00', '$10M'],
    ['1153214.00', '$1.15M'],
    ['950', '$950'],
    ['0', '$0'],
  ])('%s is short as %s', (value, text) => {
    expect(formatMoneyShort(usd(value), 'en-US')).toBe(text);
  });
});

describe('days', () => {
  it('keeps a date on its day', () => {
    expect(formatDay('2017-03-01', 'en-US')).toBe('Mar 1, 2017');
  });

  it('is a dash for nothing and for what is no date', () => {
    expect(formatDay(null)).toBe('–');
    expect(formatDay('soon')).toBe('–');
  });
});

describe('counts and shares', () => {
  it('groups thousands', () => {
    expect(formatCount(8800, 'en-US')).toBe('8,800');
  });

  it('reads nothing of nothing as none', () => {
    expect(formatShare(4238, 8800, 'en-US')).toBe('48%');
    expect(formatShare(0, 0, 'en-US')).toBe('0%');
  });
});
