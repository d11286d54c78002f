import { styleText } from 'node:util'
import type { Terminal } from './terminal.ts'

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'magenta' | 'cyan'

const WIDEST = 110
const NARROWEST = 40

/** Text of a file as it may be shown: what could move a cursor, change a colour or hide a letter becomes visible. */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, (sign) => {
    if (sign === '\t') return sign
    const code = sign.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/** The same of a text in lines, such as a message with an excerpt of a file, or what a command has written. */
export function harmlessLines(text: string): string {
  return text.split(/\r?\n/).map(harmless).join('\n')
}

/** In colour where there are some, in ASCII where there is nothing else. */
export function styled(style: Style, text: string, terminal: Terminal): string {
  return terminal.colour ? styleText(style, text, { validateStream: false }) : text
}

/** Our own signs where the terminal shows them. */
export function sign(unicode: string, ascii: string, terminal: Terminal): string {
  return terminal.unicode === true ? unicode : ascii
}

/** A line across the window with a title in it. */
export function titleLine(title: string, terminal: Terminal): string {
  const bar = sign('━', '=', terminal)
  const left = Math.max(0, columnsOf(terminal) - title.length - 4)
  return `${styled('dim', bar.repeat(2), terminal)} ${styled('bold', title, terminal)} ${styled('dim', bar.repeat(left), terminal)}`.trimEnd()
}

export function columnsOf({ columns }: Terminal): number {
  return Math.min(WIDEST, Math.max(NARROWEST, columns))
}

/** A blank at which no line is broken. Printed as a blank like any other. */
export const GLUE = '\u00a0'

/** Words filled into lines; the first begins with `lead`, the others are indented as far. `leadWidth` where `lead` has colours. */
export function wrapped(text: string, terminal: Terminal, lead: string = '', leadWidth: number = lead.length): readonly string[] {
  const room = Math.max(20, columnsOf(terminal) - leadWidth)
  const lines: string[] = []
  let line = ''
  for (const word of harmless(text).split(/ +/)) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.map((one, at) => `${at === 0 ? lead : ' '.repeat(leadWidth)}${one.replaceAll(GLUE, ' ')}`.trimEnd())
}

/** `a, b and 7 more`. */
export function few(items: readonly string[], most: number): string {
  if (items.length <= most + 1) return items.join(', ')
  return `${items.slice(0, most).join(', ')} and ${items.length - most} more`
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
