// TLS load generator (epoll, OpenSSL, 1 thread)
// modes: hs (handshake + 1 ping + close) | bulk | idle | lat | imap (STARTTLS handshake + LOGOUT) | smtp (STARTTLS + messages)
// usage: load MODE ip port [-c conns] [-t secs] [-w warmup] [-r req/s (lat)] [-s size] [-R resume] [-V 1.2|1.3] [-C cipher]
//        [-G groups] [-b D|U (bulk dir)] [-P plaintext] [-m msgs/conn (smtp)] [-S n source addresses 127.0.0.2..] [-H hold secs (idle)]
//        [-A signature schemes]; says WARM on standard error when it begins to count, and one line of JSON on standard output
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>
#include <time.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/err.h>
typedef struct { int fd, st, idx, phase, msgs; SSL *ssl; double t0, due; long got, need; } C;
enum { S_CONN, S_PLAIN, S_HS, S_RUN, S_IDLE };
enum { M_HS, M_BULK, M_IDLE, M_LAT, M_IMAP, M_SMTP };
static int ep, plain, resume_, nconn = 50, nmsg = 1, size = 10240, hold = 10, mode, stopping, warmed, srcn;
static double dur = 5, rate, warm = 0.5, gap, T0;
static char dir = 'D';
static SSL_CTX *ctx; static SSL_SESSION *sess; static struct sockaddr_in sa;
static long done, reused, errs, bytes, msgs, establ, warmdone, warmbytes, warmmsgs;
static double *lat; static long nlat, caplat; static char *payload; static int plen; static char sink[262144 + 1];
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
static void addlat(double x) { if (nlat == caplat) { caplat = caplat ? caplat * 2 : 65536; lat = realloc(lat, caplat * sizeof(double)); } lat[nlat++] = x; }
static unsigned char *sder; static int sderl;
static int newsess(SSL *s, SSL_SESSION *x) { (void)s; if (!sess) { sderl = i2d_SSL_SESSION(x, 0); unsigned char *p = sder = malloc(sderl); i2d_SSL_SESSION(x, &p); sess = x; return 1; } return 0; }
static void ev(C *c, int op, unsigned e) { struct epoll_event x = { .events = e, .data.ptr = c }; epoll_ctl(ep, op, c->fd, &x); }
static void start(C *c);
static void finish(C *c, int ok) {
  if (c->ssl) { if (ok) SSL_shutdown(c->ssl); SSL_free(c->ssl); c->ssl = 0; }
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
  if (!ok) { errs++; if (errs < 4) { fprintf(stderr, "err st=%d phase=%d errno=%d ", c->st, c->phase, errno); ERR_print_errors_fp(stderr); fprintf(stderr, "\n"); } if (errs > 20000) stopping = 1; }
  ERR_clear_error();
  if (!stopping && (mode == M_HS || mode == M_IMAP || mode == M_SMTP)) start(c);
}
static void begin_tls(C *c) { c->ssl = SSL_new(ctx); SSL_set_fd(c->ssl, c->fd); SSL_set_connect_state(c->ssl); SSL_set_tlsext_host_name(c->ssl, "gate.test"); if (resume_ && sess) { const unsigned char *p = sder; SSL_SESSION *x = d2i_SSL_SESSION(0, &p, sderl); SSL_set_session(c->ssl, x); SSL_SESSION_free(x); } c->st = S_HS; }
static void start(C *c) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  if (fd < 0) { perror("socket"); stopping = 1; return; }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, 4);
  c->fd = fd; c->ssl = 0; c->got = 0; c->phase = 0; c->msgs = 0;
  if (srcn) { static int k; struct sockaddr_in b = { .sin_family = AF_INET }; char s[32]; snprintf(s, 32, "127.0.0.%d", 2 + (k++ % srcn)); b.sin_addr.s_addr = inet_addr(s); setsockopt(fd, IPPROTO_IP, 24, &one, 4); bind(fd, (void *)&b, sizeof b); }
  c->t0 = now(); c->st = S_CONN;
  if (connect(fd, (void *)&sa, sizeof sa) && errno != EINPROGRESS) { finish(c, 0); return; }
  ev(c, EPOLL_CTL_ADD, EPOLLOUT | EPOLLIN);
}
static int cw(C *c, const void *b, int n) { return c->ssl ? SSL_write(c->ssl, b, n) : (int)write(c->fd, b, n); }
static int cr(C *c, void *b, int n) { return c->ssl ? SSL_read(c->ssl, b, n) : (int)read(c->fd, b, n); }
static int again(C *c, int r) { if (!c->ssl) return r < 0 && errno == EAGAIN; int e = SSL_get_error(c->ssl, r); return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE; }
static void ready(C *c) {
  establ++; if (c->ssl && SSL_session_reused(c->ssl)) reused++;
  c->st = S_RUN; ev(c, EPOLL_CTL_MOD, EPOLLIN);
  switch (mode) {
  case M_HS: case M_IDLE: case M_LAT: cw(c, "E\n", 2); c->need = 2; break;
  case M_BULK: if (dir == 'D') cw(c, "D\n", 2); else { cw(c, "U\n", 2); ev(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT); } break;
  case M_IMAP: cw(c, "a2 LOGOUT\r\n", 11); break;
  case M_SMTP: c->phase = 9; cw(c, "EHLO load\r\n", 11); break;
  }
}
static void sendping(C *c) { static char b[65536]; memset(b, 'E', size); c->got = 0; c->need = size; cw(c, b, size); c->phase = 2; }
static void smtp_line(C *c, const char *l) {
  int code = atoi(l);
  if (code >= 400) { if (errs < 4) fprintf(stderr, "smtp phase %d: %s\n", c->phase, l); finish(c, 0); return; }
  switch (c->phase) {
  case 0: cw(c, "EHLO load\r\n", 11); c->phase = 1; break;
  case 1: if (plain) { cw(c, "MAIL FROM:<a@example.com>\r\n", 27); c->phase = 11; establ++; c->t0 = now(); } else { cw(c, "STARTTLS\r\n", 10); c->phase = 2; } break;
  case 2: begin_tls(c); ev(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT); break;
  case 9: cw(c, "MAIL FROM:<a@example.com>\r\n", 27); c->phase = 11; break;
  case 11: cw(c, "RCPT TO:<b@example.com>\r\n", 25); c->phase = 12; break;
  case 12: cw(c, "DATA\r\n", 6); c->phase = 13; break;
  case 13: cw(c, payload, plen); c->phase = 14; break;
  case 14: msgs++; c->msgs++; addlat(now() - c->t0); if (c->msgs < nmsg) { c->t0 = now(); cw(c, "MAIL FROM:<a@example.com>\r\n", 27); c->phase = 11; } else { cw(c, "QUIT\r\n", 6); c->phase = 15; } break;
  case 15: done++; finish(c, 1); break;
  }
}
static void smtp_feed(C *c, char *b, int r) { char *p = b, *nl; b[r] = 0; while ((nl = strstr(p, "\r\n"))) { *nl = 0; if (strlen(p) < 4 || p[3] != '-') { smtp_line(c, p); return; } p = nl + 2; } }
static void on_io(C *c, unsigned e) {
  if (c->fd < 0) return;
  if (c->st == S_CONN) {
    int er = 0; socklen_t l = 4; getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &er, &l);
    if (er) { errno = er; finish(c, 0); return; }
    if (!(e & EPOLLOUT)) return;
    if (mode == M_IMAP || mode == M_SMTP) { c->st = S_PLAIN; c->phase = 0; ev(c, EPOLL_CTL_MOD, EPOLLIN); }
    else if (plain) { ready(c); return; } else begin_tls(c);
  }
  if (c->st == S_PLAIN) {
    int r = read(c->fd, sink, 8000);
    if (r < 0 && errno == EAGAIN) return;
    if (r <= 0) { finish(c, 0); return; }
    sink[r] = 0;
    if (mode == M_SMTP) { smtp_feed(c, sink, r); return; }
    if (c->phase == 0) { c->phase = 1; write(c->fd, plain ? "a2 LOGOUT\r\n" : "a1 STARTTLS\r\n", plain ? 11 : 13); return; }
    if (plain) { done++; finish(c, 1); return; }
    if (strstr(sink, "a1 OK")) { begin_tls(c); ev(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT); } else return;
  }
  if (c->st == S_HS) {
    int r = SSL_do_handshake(c->ssl);
    if (r == 1) { ready(c); if (c->fd < 0) return; }
    else { int x = SSL_get_error(c->ssl, r); if (x == SSL_ERROR_WANT_READ) { ev(c, EPOLL_CTL_MOD, EPOLLIN); return; } if (x == SSL_ERROR_WANT_WRITE) { ev(c, EPOLL_CTL_MOD, EPOLLOUT | EPOLLIN); return; } finish(c, 0); return; }
  }
  if (c->st == S_RUN || c->st == S_IDLE) {
    if (mode == M_BULK && dir == 'U' && (e & EPOLLOUT)) { static char b[65536]; for (int k = 0; k < 4; k++) { int r = cw(c, b, sizeof b); if (r > 0) bytes += r; else { if (!again(c, r)) finish(c, 0); break; } } return; }
    for (int k = 0; k < 16; k++) {
      int r = cr(c, sink, sizeof sink - 1);
      if (r <= 0) { if (again(c, r)) return; if (mode == M_IMAP) { done++; finish(c, 1); return; } finish(c, stopping); return; }
      c->got += r;
      if (mode == M_HS) { if (c->got >= c->need) { done++; addlat(now() - c->t0); finish(c, 1); return; } }
      else if (mode == M_IDLE) { if (c->st == S_RUN && c->got >= c->need) { done++; c->st = S_IDLE; return; } }
      else if (mode == M_BULK) bytes += r;
      else if (mode == M_LAT) { if (c->got >= c->need) { double n = now(); if (c->phase == 2) { if (warmed) addlat(n - c->due); done++; } c->phase = 1; c->due = c->due ? c->due + gap : T0 + warm * 0.5 + gap * ((double)c->idx / nconn); if (c->due < n - 1) c->due = n; return; } }
      else if (mode == M_IMAP) { if (memmem(sink, r, "a2 OK", 5)) { done++; addlat(now() - c->t0); finish(c, 1); return; } }
      else if (mode == M_SMTP) { smtp_feed(c, sink, r); if (c->fd < 0 || c->st != S_RUN) return; }
    }
  }
}
static int cmp(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return x < y ? -1 : x > y; }
int main(int argc, char **v) {
  signal(SIGPIPE, SIG_IGN);
  const char *names[] = { "hs", "bulk", "idle", "lat", "imap", "smtp" }; mode = -1;
  for (int i = 0; i < 6; i++) if (!strcmp(v[1], names[i])) mode = i;
  sa.sin_family = AF_INET; sa.sin_addr.s_addr = inet_addr(v[2]); sa.sin_port = htons(atoi(v[3]));
  const char *ver = "1.3", *ciph = 0, *grp = "X25519", *alg = 0;
  for (int i = 4; i < argc; i++) {
    if (!strcmp(v[i], "-c")) nconn = atoi(v[++i]); else if (!strcmp(v[i], "-t")) dur = atof(v[++i]); else if (!strcmp(v[i], "-r")) rate = atof(v[++i]);
    else if (!strcmp(v[i], "-s")) size = atoi(v[++i]); else if (!strcmp(v[i], "-R")) resume_ = 1; else if (!strcmp(v[i], "-V")) ver = v[++i];
    else if (!strcmp(v[i], "-C")) ciph = v[++i]; else if (!strcmp(v[i], "-G")) grp = v[++i]; else if (!strcmp(v[i], "-b")) dir = v[++i][0];
    else if (!strcmp(v[i], "-P")) plain = 1; else if (!strcmp(v[i], "-m")) nmsg = atoi(v[++i]); else if (!strcmp(v[i], "-S")) srcn = atoi(v[++i]);
    else if (!strcmp(v[i], "-H")) hold = atoi(v[++i]); else if (!strcmp(v[i], "-w")) warm = atof(v[++i]); else if (!strcmp(v[i], "-A")) alg = v[++i];
  }
  struct rlimit rl; getrlimit(RLIMIT_NOFILE, &rl); rl.rlim_cur = rl.rlim_max; setrlimit(RLIMIT_NOFILE, &rl);
  ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  int vv = !strcmp(ver, "1.3") ? TLS1_3_VERSION : TLS1_2_VERSION; SSL_CTX_set_min_proto_version(ctx, vv); SSL_CTX_set_max_proto_version(ctx, vv);
  if (!SSL_CTX_set1_groups_list(ctx, grp)) fprintf(stderr, "bad groups\n");
  if (alg && !SSL_CTX_set1_sigalgs_list(ctx, alg)) fprintf(stderr, "bad signature schemes\n");
  if (vv == TLS1_3_VERSION) SSL_CTX_set_ciphersuites(ctx, ciph ? ciph : "TLS_AES_128_GCM_SHA256"); else SSL_CTX_set_cipher_list(ctx, ciph ? ciph : "ECDHE-ECDSA-AES128-GCM-SHA256");
  SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, 0);
  SSL_CTX_set_session_cache_mode(ctx, resume_ ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF); if (resume_) SSL_CTX_sess_set_new_cb(ctx, newsess);
  if (mode == M_SMTP) { payload = malloc(size + 400); strcpy(payload, "From: a@example.com\r\nTo: b@example.com\r\nSubject: t\r\nMessage-ID: <1@x>\r\n\r\n"); int l = strlen(payload); while (l < size) { int k = 0; for (; k < 70 && l < size; k++) payload[l++] = 'a' + k % 26; payload[l++] = '\r'; payload[l++] = '\n'; } memcpy(payload + l, ".\r\n", 3); plen = l + 3; }
  ep = epoll_create1(0); C *cs = calloc(nconn, sizeof(C)); T0 = now(); if (rate > 0) gap = nconn / rate;
  int opened = 0; struct epoll_event evs[1024]; double tm = 0, idle_end = 0;
  for (int i = 0; i < nconn; i++) { cs[i].fd = -1; cs[i].idx = i; }
  if (resume_) { opened = 1; start(&cs[0]); double pe = now() + 3; while (!sess && now() < pe) { int n = epoll_wait(ep, evs, 1024, 10); for (int i = 0; i < n; i++) on_io(evs[i].data.ptr, evs[i].events); } if (!sess) fprintf(stderr, "no session obtained\n"); }
  if (mode != M_IDLE) for (; opened < nconn; opened++) start(&cs[opened]);
  T0 = now(); double end = T0 + warm + dur;
  struct rusage r0; int r0set = 0; double cpu0 = 0;
  for (;;) {
    double t = now();
    if (!warmed && t >= T0 + warm) { warmed = 1; tm = t; warmdone = done; warmbytes = bytes; warmmsgs = msgs; nlat = 0; establ = reused = 0; getrusage(RUSAGE_SELF, &r0); cpu0 = r0.ru_utime.tv_sec + r0.ru_utime.tv_usec * 1e-6 + r0.ru_stime.tv_sec + r0.ru_stime.tv_usec * 1e-6; r0set = 1; fprintf(stderr, "WARM\n"); }
    if (mode == M_IDLE) {
      if (opened < nconn) { int inflight = opened - done - errs; while (inflight < 64 && opened < nconn) { start(&cs[opened++]); inflight++; } }
      else if (done + errs >= nconn && !idle_end) { idle_end = t + hold; printf("{\"mode\":\"idle\",\"idle\":%ld,\"errs\":%ld,\"setup_s\":%.2f}\n", done, errs, t - T0); fflush(stdout); }
      if (idle_end && t > idle_end) return 0;
      if (!idle_end && t > T0 + 180) { printf("{\"mode\":\"idle\",\"idle\":%ld,\"errs\":%ld,\"timeout\":1}\n", done, errs); return 1; }
    } else if (t >= end || stopping) { stopping = 1; break; }
    int tmo = 10;
    if (mode == M_LAT) { double nx = t + 0.01; for (int i = 0; i < nconn; i++) if (cs[i].phase == 1 && cs[i].st == S_RUN) { if (cs[i].due <= t) sendping(&cs[i]); else if (cs[i].due < nx) nx = cs[i].due; } double d = nx - now(); if (d < 0) d = 0; struct timespec ts = { (time_t)d, (long)((d - (time_t)d) * 1e9) }; int n = epoll_pwait2(ep, evs, 1024, &ts, NULL); for (int i = 0; i < n; i++) on_io(evs[i].data.ptr, evs[i].events); continue; }
    int n = epoll_wait(ep, evs, 1024, tmo); for (int i = 0; i < n; i++) on_io(evs[i].data.ptr, evs[i].events);
  }
  double el = now() - tm; if (!r0set) el = 1; if (nlat) qsort(lat, nlat, sizeof(double), cmp);
  struct rusage ru; getrusage(RUSAGE_SELF, &ru); double cpu = ru.ru_utime.tv_sec + ru.ru_utime.tv_usec * 1e-6 + ru.ru_stime.tv_sec + ru.ru_stime.tv_usec * 1e-6 - cpu0;
  printf("{\"mode\":\"%s\",\"secs\":%.3f,\"done\":%ld,\"rate\":%.1f,\"reused\":%ld,\"establ\":%ld,\"errs\":%ld,\"MBps\":%.1f,\"msgs_s\":%.1f,\"p50us\":%.0f,\"p99us\":%.0f,\"p999us\":%.0f,\"gen_cpu\":%.3f}\n", v[1], el, done - warmdone, (done - warmdone) / el, reused, establ, errs, (bytes - warmbytes) / el / 1e6, (msgs - warmmsgs) / el, nlat ? lat[nlat / 2] * 1e6 : 0, nlat ? lat[(long)(nlat * .99)] * 1e6 : 0, nlat ? lat[(long)(nlat * .999)] * 1e6 : 0, cpu / el);
  return 0;
}
