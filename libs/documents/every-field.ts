// What an operator sends of a document: all of it. Defaults are for older events and documents, which lack fields that came
// later; taken for what is sent, they would silently reset what the sender left out.
import * as z from 'zod';

/** The same shape, every field required. */
export function everyField<B>(body: z.ZodObject & z.ZodType<B>): z.ZodType<B> {
  const fields = new Map<string, z.core.$ZodType>(Object.entries(body.shape));
  for (const [name, field] of fields) if (field instanceof z.ZodDefault) fields.set(name, field.unwrap());
  return z.strictObject(Object.fromEntries(fields)) as unknown as z.ZodType<B>;
}
