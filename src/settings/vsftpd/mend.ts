import type { Mending } from '../adapter.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'
import { booleanOf } from './statements.ts'

const BLANKS = /^(?<before>[^\S\n]*)(?<name>[a-z]\w*)(?<around>[^\S\n]*)=(?<value>[^\n]*)$|^(?<indent>[^\S\n]+)#/gim

/** Blanks that keep vsftpd from starting: around the =, behind YES and NO (a CR is one), and before the # of a comment. */
export function mendVsftpd(file: SettingsFile): readonly Mending[] {
  return [...file.text.matchAll(BLANKS)].flatMap((match) => {
    const { name = '', around = '', value = '', before = '', indent } = match.groups ?? {}
    if (indent !== undefined) return [mending(file, match.index, indent.length, 'There were blanks before a comment.')]
    const sign = match.index + before.length + name.length
    const start = sign + around.length + 1
    const isSwitch = booleanOf(value) === undefined && booleanOf(value.trim()) !== undefined
    const lead = isSwitch ? value.length - value.trimStart().length : 0
    const tail = isSwitch ? value.length - value.trimEnd().length : 0
    return [
      ...(around === '' ? [] : [mending(file, sign, around.length, `There were blanks between ${name} and its =.`)]),
      ...(lead === 0 ? [] : [mending(file, start, lead, `There were blanks before the value of ${name}.`)]),
      ...(tail === 0 ? [] : [mending(file, start + value.length - tail, tail, `There were blanks behind the value of ${name}.`)]),
    ]
  })
}

function mending(file: SettingsFile, start: number, length: number, what: string): Mending {
  const end = start + length
  return { what, place: placeIn(file, start, end), edits: [{ file: file.path, start, end, text: '' }] }
}
