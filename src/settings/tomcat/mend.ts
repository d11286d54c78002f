import type { Mending } from '../adapter.ts'
import { mendProtocolsAt } from '../mend-protocols.ts'
import type { SettingsFile } from '../settings-file.ts'
import { mendQuotes, withoutComments } from '../xml/mend.ts'

/** Lists of protocols, whatever was done to their quotes. */
const PROTOCOLS =
  /(?<=\s)(SSLProtocol|sslProtocols|sslEnabledProtocols|protocols)(\s*=\s*)([^\w\s<>]{1,3}?)(\s*[\w.,+\s-]+?\s*)(?=["'\x91-\x94\xe2])/g

/** What pasting from the vendor's page, and typing, break. */
export function mendTomcat(file: SettingsFile): readonly Mending[] {
  const lists = [...withoutComments(file.text).matchAll(PROTOCOLS)].flatMap(
    ({ index, 1: name = '', 2: equals = '', 3: quote = '', 4: value = '' }) =>
      mendProtocolsAt(file, name, index + name.length + equals.length + quote.length, value, ',+-'),
  )
  return [...mendQuotes(file), ...lists]
}
