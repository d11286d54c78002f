import type { Proof, ProofReport } from '../../prove.ts'

const policy = { name: 'mozilla-intermediate', title: 'Mozilla Server Side TLS, intermediate', edition: '6.0' }

const kept: Proof['checks'][number] = {
  id: 'accepts-allowed',
  demand: 'something that is allowed is accepted',
  rule: 'Mozilla Server Side TLS, intermediate',
  verdict: 'kept',
  fact: 'Accepted: TLS 1.3 with TLS_AES_128_GCM_SHA256.',
  evidence: '160303007a02',
}

const broken: Proof['checks'][number] = {
  id: 'refuses-protocols',
  demand: 'TLS 1.0 is refused',
  rule: 'not in the list (tls_versions)',
  verdict: 'broken',
  fact: 'Accepted although forbidden: TLS 1.0.',
  evidence: '1603010051020000',
}

const unknown: Proof['checks'][number] = {
  id: 'refuses-suites',
  demand: 'forbidden suites are refused in TLS 1.2',
  rule: 'not in the list (ciphers)',
  verdict: 'unknown',
  fact: 'No clear answer to the offer: no answer within 5 s.',
}

const target = 'smtp://mail.old.example:25'

/** One door that breaks the policy, one that keeps to it, one that was not reached. */
export const PROOFS: ProofReport = {
  version: 1,
  postern: '0.1.0',
  started: '2026-11-22T06:30:00.000Z',
  proofs: [
    {
      target,
      address: '192.0.2.10',
      policy,
      keeps: 'no',
      checks: [kept, broken, unknown],
      remarks: ['CN=mail.old.example is not trusted: self-signed certificate.'],
      problem: null,
      cost: { connections: 14, milliseconds: 812 },
    },
    {
      target: 'imaps://[2001:db8::1]:993',
      address: '2001:db8::1',
      policy,
      keeps: 'yes',
      checks: [kept],
      remarks: [],
      problem: null,
      cost: { connections: 11, milliseconds: 66 },
    },
    {
      target: 'smtp://down.example:25',
      address: null,
      policy,
      keeps: 'unknown',
      checks: [],
      remarks: [],
      problem: {
        code: 'CONNECT_FAILED',
        message: 'Cannot connect to 192.0.2.11:25: nobody listens there, the connection was refused (ECONNREFUSED)',
        remedy: 'Check that the server listens there, and that nothing in between refuses the connection.',
      },
      cost: { connections: 1, milliseconds: 2 },
    },
  ],
}
