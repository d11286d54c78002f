/** What a service may speak. `tls`: whatever is spoken inside, it is not looked at. */
export const GATE_DIALECTS: readonly ['smtp', 'submission', 'lmtp', 'imap', 'pop3', 'sieve', 'tls'] = [
  'smtp',
  'submission',
  'lmtp',
  'imap',
  'pop3',
  'sieve',
  'tls',
]
