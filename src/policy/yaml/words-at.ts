import { z } from 'zod'

/** The words that a schema allows at a path of a file, of every kind of value that may stand there. */
export function wordsAt(schema: unknown, path: readonly string[]): readonly string[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => wordsAt(option, path))
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional) return wordsAt(schema.unwrap(), path)
  const [first, ...rest] = path
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, unknown>> = schema.shape
    if (first === undefined) return Object.keys(shape)
    return Object.hasOwn(shape, first) ? wordsAt(shape[first], rest) : []
  }
  if (schema instanceof z.ZodRecord)
    return first === undefined
      ? schema.keyType instanceof z.ZodEnum
        ? schema.keyType.options.map(String)
        : []
      : wordsAt(schema.valueType, rest)
  return schema instanceof z.ZodArray && first !== undefined ? wordsAt(schema.element, rest) : []
}
