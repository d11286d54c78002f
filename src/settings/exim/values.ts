import { withoutLine } from '../lines/block-lines.ts'
import type { Found } from '../scopes.ts'
import { placeIn, type Edit } from '../settings-file.ts'
import type { ConfigLine } from './lines.ts'

/** The start of a line that defines a macro. */
export const MACRO_HEAD: RegExp = /^([A-Z]\w*)\s*==?/

/** The start of a line that sets an option; `hide` keeps others from asking for its value. */
export const OPTION_HEAD: RegExp = /^(?:hide\s+)?([a-z]\w*)\s*=/

/**
 * The value behind such a start where it stands, and how to put another one there. Comments between its lines stay. Undefined where
 * the value does not stand there as it is: a macro brings the name with it, or a condition stands in between.
 */
export function foundIn({ pieces, whole }: ConfigLine, head: RegExp, value: string): Found | undefined {
  const [{ file, start, end }, ...more] = pieces
  const before = head.exec(file.text.slice(start, end))?.[0]
  if (before === undefined || !whole || more.some((piece) => piece.file !== file)) return undefined
  const sign = start + before.length
  const from = sign + (/^\s*/.exec(file.text.slice(sign, end))?.[0].length ?? 0)
  return {
    value,
    get place() {
      return placeIn(file, from, end)
    },
    // An empty value begins at its sign: at the end of a file, a line that is added there must not come before it.
    put: (text): readonly Edit[] => [
      from === end ? { file: file.path, start: sign - 1, end, text: `= ${text}` } : { file: file.path, start: from, end, text },
      ...more.map((piece) => withoutLine(file, piece)),
    ],
  }
}
