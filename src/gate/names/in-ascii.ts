import { domainToASCII } from 'node:url'

/** A domain as DNS has it: those of recipients may be written in other letters (RFC 6531 §3.2). Empty where it cannot be one. */
export function inAscii(domain: string): string {
  // oxlint-disable-next-line no-control-regex -- it says ASCII.
  return /^[\0-\x7f]*$/.test(domain) ? domain : domainToASCII(domain)
}
