import { agrees } from './check.ts'

const CANNOT_SIGN = 'Debian’s OpenSMTPD ends every handshake that needs a signature with internal_error'

agrees('opensmtpd', {
  why: 'names suites and cannot sign',
  settings: { ciphers: 'ALL:!aNULL', securityLevel: 0 },
  doors: { smtp: 'smtp', smtps: 'smtps' },
  brute: 'smtps',
  protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  order: 'server',
  dh: null,
  unknown: {
    'TLSv1.2': CANNOT_SIGN,
    'TLSv1.3': CANNOT_SIGN,
    ccsInjection: CANNOT_SIGN,
    clientRenegotiation: CANNOT_SIGN,
    earlyData: CANNOT_SIGN,
    ecdhReuse: CANNOT_SIGN,
    heartbleed: CANNOT_SIGN,
    pskResumption: CANNOT_SIGN,
    recordSplitting: CANNOT_SIGN,
    robot: CANNOT_SIGN,
    sessionIdResumption: CANNOT_SIGN,
    ticketLifetime: CANNOT_SIGN,
    ticketResumption: CANNOT_SIGN,
    ticketbleed: CANNOT_SIGN,
  },
})
