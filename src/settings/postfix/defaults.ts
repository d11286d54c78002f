import type { DefaultRow } from '../versions.ts'

/** The versions that the rows below were read for. */
export const OLDEST = '3.4'
export const NEWEST = '3.11'

const source = (version: string): string => `https://github.com/vdukhovni/postfix/blob/v${version}.0/postfix/src/global/mail_params.h`
const rows = (settings: string, value: string, since = '', version = since === '' ? '3.4' : since): readonly DefaultRow[] =>
  settings.split(' ').map((setting) => ({ setting, value, since, source: source(version) }))

const PROTOCOL_LISTS =
  'smtpd_tls_protocols smtpd_tls_mandatory_protocols smtp_tls_protocols smtp_tls_mandatory_protocols lmtp_tls_protocols lmtp_tls_mandatory_protocols'
const GRADES =
  'smtpd_tls_ciphers smtpd_tls_mandatory_ciphers smtp_tls_ciphers smtp_tls_mandatory_ciphers lmtp_tls_ciphers lmtp_tls_mandatory_ciphers'
const OUT_SINCE_3_8 = '!SEED:!IDEA:!3DES:!RC2:!RC4:!RC5:!kDH:!kECDH:!aDSS:!MD5'

export const POSTFIX_DEFAULTS: readonly DefaultRow[] = [
  ...rows(PROTOCOL_LISTS, '!SSLv2, !SSLv3'),
  ...rows(PROTOCOL_LISTS, '>=TLSv1', '3.6'),
  ...rows(GRADES, 'medium'),
  ...rows('tls_high_cipherlist', 'aNULL:-aNULL:HIGH:@STRENGTH'),
  ...rows('tls_high_cipherlist', `aNULL:-aNULL:HIGH:${OUT_SINCE_3_8}:@STRENGTH`, '3.8'),
  ...rows('tls_medium_cipherlist', 'aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH'),
  ...rows('tls_medium_cipherlist', `aNULL:-aNULL:HIGH:MEDIUM:${OUT_SINCE_3_8}:+RC4:@STRENGTH`, '3.8'),
  ...rows('tls_low_cipherlist', 'aNULL:-aNULL:HIGH:MEDIUM:LOW:+RC4:@STRENGTH'),
  ...rows('tls_export_cipherlist', 'aNULL:-aNULL:HIGH:MEDIUM:LOW:EXPORT:+RC4:@STRENGTH'),
  ...rows('tls_null_cipherlist', 'eNULL:!aNULL'),
  ...rows('tls_eecdh_auto_curves', 'X25519 X448 prime256v1 secp521r1 secp384r1'),
  ...rows('tls_eecdh_auto_curves', 'X25519 X448 prime256v1 secp384r1 secp521r1', '3.10'),
  ...rows('tls_eecdh_auto_curves', '?X25519MLKEM768:DEFAULT', '3.11'),
  ...rows('tls_ffdhe_auto_groups', ''),
  ...rows('tls_ffdhe_auto_groups', 'ffdhe2048 ffdhe3072', '3.8'),
  ...rows('tls_ffdhe_auto_groups', '', '3.11'),
  ...rows('smtpd_tls_eecdh_grade', 'auto'),
  ...rows('tls_eecdh_strong_curve', 'prime256v1'),
  ...rows('tls_eecdh_ultra_curve', 'secp384r1'),
  ...rows('tls_preempt_cipherlist smtpd_tls_wrappermode smtp_tls_wrappermode lmtp_tls_wrappermode', 'no'),
  ...rows('smtpd_use_tls smtpd_enforce_tls smtp_use_tls smtp_enforce_tls lmtp_use_tls lmtp_enforce_tls', 'no'),
  ...rows('smtpd_tls_security_level smtp_tls_security_level lmtp_tls_security_level smtpd_tls_dh1024_param_file', ''),
  ...rows('smtpd_tls_exclude_ciphers smtpd_tls_mandatory_exclude_ciphers smtp_tls_exclude_ciphers', ''),
  ...rows('smtp_tls_mandatory_exclude_ciphers lmtp_tls_exclude_ciphers lmtp_tls_mandatory_exclude_ciphers', ''),
  ...rows('smtp_tls_policy_maps lmtp_tls_policy_maps', ''),
]
