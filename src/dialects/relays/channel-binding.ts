/**
 * Mechanisms of SASL without those that are bound to the channel, RFC 5802 §4: a client would bind its login to TLS with the gate, and the server behind
 * knows another, so that the two never come to terms. `names`: with blanks between.
 */
export function withoutBound(names: string): string {
  return names
    .split(' ')
    .filter((name) => !isBound(name))
    .join(' ')
}

export function isBound(mechanism: string): boolean {
  return /-PLUS$/i.test(mechanism)
}
