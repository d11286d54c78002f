import type { ProtocolName } from '../../../registry/index.ts'

export const UP_TO_TLS_1_0: readonly ProtocolName[] = ['SSLv3', 'TLSv1']
export const UP_TO_TLS_1_2: readonly ProtocolName[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2']
export const UP_TO_TLS_1_3: readonly ProtocolName[] = [...UP_TO_TLS_1_2, 'TLSv1.3']
export const FROM_TLS_1_2: readonly ProtocolName[] = ['TLSv1.2', 'TLSv1.3']
