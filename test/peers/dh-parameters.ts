/**
 * Safe primes from `openssl dhparam SIZE`: home-made, as administrators make them, and in nobody's list. They are kept
 * here because a new one of 2048 bits takes half a minute.
 */
export const OWN_DH: Readonly<Record<'own-512' | 'own-1024' | 'own-2048', string>> = {
  'own-512': `-----BEGIN DH PARAMETERS-----
MEYCQQC0tiK5ysamemmA+zWyKm6/9gNQAOiwVE2qhuvrdVfIZDuNB/OSjoqrkNU4
8AULqXTEuUuEUxvPzgzhxSIEPWu3AgEC
-----END DH PARAMETERS-----
`,
  'own-1024': `-----BEGIN DH PARAMETERS-----
MIGHAoGBAO0AKnSJJghH23tTvPzLGvS/5eeRjqPvRkPXOje6Zh6Z20t52nKcQdS4
kmGXP70XWQj+JQfjB3hVav3YK7GT7NJBZlK+yFG3cTQxbRFZqfmR+JUCbflWpIWw
Osvt5pfehG60xvN+suQL9GyO2OpRcU9b7rY2K2oI4Z9lZ44oa88XAgEC
-----END DH PARAMETERS-----
`,
  'own-2048': `-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEAoQkCxNPYsKp/0iubR3afHBJrO7+i5jQZtNa+ge3Z62VLFJSLxm7C
t51NA2wP+zYAYL0ig7vAnmqcavdCFB6t3cgvHVuNmqhwkI06tkmzeLc6ZuZ4/m1V
viQYLLUsaXsHP3jILjixS/3U8HKdAwWLj+tX1+h3nh0OjQJ3iDwhITD5Nt9RoSxB
aItEPzVewEiLISTNF1XbSEAkNuzaGiAzhjiq2+RhmeP32+X8u+0813YDbLamJe7P
qRYUgPFlbq7RgpD3BSkRHWRj0P6hJa7BtINFqkBcVMD1IvPXTfILpBiGekd9Wrcd
DomB6Dbp40txts9LrsmkmF4B8mVZy7jYnwIBAg==
-----END DH PARAMETERS-----
`,
}
