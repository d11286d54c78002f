import { placeIn, type Place, type SettingsFile } from '../settings-file.ts'

/** Options marked with `hide`, and names that tell of a secret, with all lines of their values. */
const HEAD = /^[ \t]*(?:hide[ \t]+\w+|\w*(?:secret|password|passwd|client_send|_servers|SECRET|PASSWORD|PASSWD)\w*)[ \t]*==?[ \t]*/gm

export function secretsOf(file: SettingsFile): readonly Place[] {
  return [...file.text.matchAll(HEAD)].flatMap(({ 0: head, index }) => {
    const start = index + head.length
    const rest = /(?:[^\n]*\\[ \t\r]*\n)*[^\r\n]*/y
    rest.lastIndex = start
    const value = rest.exec(file.text)?.[0] ?? ''
    return value === '' ? [] : [placeIn(file, start, start + value.length)]
  })
}
