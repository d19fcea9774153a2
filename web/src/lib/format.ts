/** Figures as people read them. The locale is the browser's unless a test names one. */

/** Money as the API gives it: `value` is a decimal string, so that no digit is lost on the way. */
export interface Money {
  value: string;
  currency: string;
}

/** What stands where there is no value. */
export const NOTHING = '–';

export function formatCount(count: number, locale?: string): string {
  return new Intl.NumberFormat(locale).format(count);
}

/** The exact amount. Cents are left out when there are none: "€1,054", "€1,054.50". */
export function formatMoney(money: Money | null | undefined, locale?: string): string {
  if (!money) return NOTHING;
  return amount(money, locale, { trailingZeroDisplay: 'stripIfInteger' });
}

/** The amount in a few characters, for headlines: "€10M", "€1.15M". */
export function formatMoneyShort(money: Money | null | undefined, locale?: string): string {
  if (!money) return NOTHING;
  return amount(money, locale, { notation: 'compact', maximumSignificantDigits: 3 });
}

/** A calendar day. Dates without a time stay on their day in every time zone. */
export function formatDay(iso: string | null | undefined, locale?: string): string {
  if (!iso) return NOTHING;
  const dateOnly = /^\d{4}-\d{2}-\d{2}$/.test(iso);
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return NOTHING;
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    ...(dateOnly ? { timeZone: 'UTC' } : {}),
  }).format(date);
}

/** A moment, to the minute, in the person's own time zone. */
export function formatMoment(iso: string | null | undefined, locale?: string): string {
  const date = new Date(iso ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return NOTHING;
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}

/** `part` of `whole` in percent: "48%". Nothing of nothing is 0%. */
export function formatShare(part: number, whole: number, locale?: string): string {
  return new Intl.NumberFormat(locale, { style: 'percent' }).format(whole === 0 ? 0 : part / whole);
}

function amount(money: Money, locale: string | undefined, options: Intl.NumberFormatOptions): string {
  // Intl reads a decimal string exactly; a number would round large amounts. The type says so since ES2023.
  const value = money.value as Intl.StringNumericLiteral;
  try {
    return new Intl.NumberFormat(locale, {
      style: 'currency',
      currency: money.currency,
      currencyDisplay: 'narrowSymbol',
      ...options,
    }).format(value);
  } catch {
    // A currency that Intl does not know, or a value that is no number: show what came, invent nothing.
    return `${money.value} ${money.currency}`;
  }
}
