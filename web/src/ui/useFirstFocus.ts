import { type RefObject, useEffect, useRef } from 'react';

/** For the first field of a form that takes the place of the button that led to it: the focus would be lost with that. */
export function useFirstFocus(): RefObject<HTMLInputElement | null> {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return field;
}
