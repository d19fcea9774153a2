import type { CombinedError } from 'urql';
import { type Failure, failureOf } from '../../graphql/failure';

interface UserError {
  code: string;
  field: string[];
  message: string;
}

/** Why something was not done: messages for the fields they name, and one for the whole form. */
export interface Refused {
  fields: Record<string, string | undefined>;
  form: Pick<Failure, 'message' | 'requestId'> | null;
}

export function refusedBy(error: CombinedError | undefined, userErrors: UserError[] | undefined): Refused {
  if (error) return { fields: {}, form: failureOf(error) };
  const fields: Refused['fields'] = {};
  let form: Refused['form'] = null;
  for (const { field, message } of userErrors ?? []) {
    const [name] = field;
    if (name) fields[name] = message;
    else form ??= { message, requestId: undefined };
  }
  return { fields, form };
}
