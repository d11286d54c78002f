/**
 * Whether a header says `TLS-Required: No`, RFC 8689 §3. One that has the field more than once says nothing. `header`: latin1, lines with their ends; what
 * stands behind an empty line is not looked at.
 */
export function saysTlsOptional(header: string): boolean {
  const [, found = ''] = /^((?:.+\r\n)*)/.exec(header) ?? []
  const [field, ...more] = found.match(/^TLS-Required[ \t]*:.*\r\n(?:[ \t].*\r\n)*/gim) ?? []
  return field !== undefined && more.length === 0 && /^[^:]+:\s*No\s*$/i.test(field)
}
