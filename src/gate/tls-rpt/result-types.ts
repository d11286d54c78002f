/** What went wrong with a session, RFC 8460 §4.3, and what those can do who were meant to receive the mail. */
export interface ResultMeaning {
  /** A sentence about the receiving side. */
  readonly means: string
  readonly remedy: string
}

/** A reason that RFC 8460 §4.3 names. */
export type ResultType =
  | 'starttls-not-supported'
  | 'certificate-host-mismatch'
  | 'certificate-expired'
  | 'certificate-not-trusted'
  | 'validation-failure'
  | 'tlsa-invalid'
  | 'dnssec-invalid'
  | 'dane-required'
  | 'sts-policy-fetch-error'
  | 'sts-policy-invalid'
  | 'sts-webpki-invalid'

const MEANINGS: Readonly<Record<ResultType, ResultMeaning>> = {
  'starttls-not-supported': {
    means: 'The server did not offer STARTTLS, or somebody in between has taken it out.',
    remedy:
      'Turn STARTTLS on at this host, and look at it from outside; where it is offered there, a firewall or an attacker on the way takes it out.',
  },
  'certificate-host-mismatch': {
    means: 'The certificate is not made out to the name of the host.',
    remedy: 'Get a certificate whose subjectAltName has the name in the MX record, or correct the MX record or the policy.',
  },
  'certificate-expired': {
    means: 'The certificate has expired.',
    remedy: 'Renew it, have the server load the new one, and renew it by a program from now on.',
  },
  'certificate-not-trusted': {
    means: 'The sender does not trust whoever issued the certificate.',
    remedy: 'Get one from a public authority, and have the server send all certificates in between.',
  },
  'validation-failure': {
    means: 'TLS failed, or the certificate was refused, for a reason that has no name of its own.',
    remedy:
      'Look at the host with postern audit: versions and ciphers that nobody shares, a broken chain, or a TLSA record of an old key are the usual reasons.',
  },
  'tlsa-invalid': {
    means: 'None of the TLSA records of the host is valid.',
    remedy: 'Correct the TLSA records. Publish the record of a new key before the server uses it, and keep the old one for two TTLs after.',
  },
  'dnssec-invalid': {
    means: 'The signatures (DNSSEC) of the domain or of the host could not be validated.',
    remedy: 'Check the signatures and the DS record of the zone; resolvers that validate find none of its names.',
  },
  'dane-required': {
    means: 'The sender demands DANE of this domain, and there are no TLSA records that it can use.',
    remedy: 'Publish TLSA records in a signed zone, or ask the sender why it demands them.',
  },
  'sts-policy-fetch-error': {
    means: 'The policy of MTA-STS could not be fetched.',
    remedy: 'Check that https://mta-sts.DOMAIN/.well-known/mta-sts.txt answers with 200, without a redirect, from everywhere.',
  },
  'sts-policy-invalid': {
    means: 'The policy of MTA-STS cannot be read, or does not fit the MX records.',
    remedy: 'Check the text of the policy: version, mode, max_age, and an mx line for each MX host. It has to be text/plain.',
  },
  'sts-webpki-invalid': {
    means: 'The certificate of the web server that has the policy of MTA-STS is refused.',
    remedy: 'Get a certificate from a public authority for mta-sts.DOMAIN, and renew it in time.',
  },
}

/** Those of them that reports may have, in the order of RFC 8460 §4.3. */
export const RESULT_TYPES: readonly string[] = Object.keys(MEANINGS)

const OF_OTHERS: ResultMeaning = {
  means: 'The sender has a word of its own for what went wrong.',
  remedy: 'Look at the host with postern audit, or ask the contact of the report.',
}

/** What a type means; senders invent others. */
export function meaningOf(type: string): ResultMeaning {
  return isResultType(type) ? MEANINGS[type] : OF_OTHERS
}

function isResultType(type: string): type is ResultType {
  return Object.hasOwn(MEANINGS, type)
}
