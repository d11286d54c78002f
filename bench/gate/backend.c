// The server behind, in plain text. The first byte of a connection says what it is: E echo, D send for ever, U take everything.
// An IMAP server that knows LOGOUT alone where the second argument is imap. The third one: how many processes, since each has so many descriptors.
// usage: backend PORT tcp|imap PROCESSES
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static char in[262144], out[65536], kind[1 << 20];
static int imap;
static const char *greeting = "* OK IMAP4rev1 ready\r\n", *capability = "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", *bye = "* BYE\r\n";

static int say(int fd, const char *text) { return write(fd, text, strlen(text)) < 0 && errno != EAGAIN; }

static int imap_lines(int fd, ssize_t length) {
  in[length] = 0;
  for (char *line = in, *end; (end = strstr(line, "\r\n")); line = end + 2) {
    *end = 0;
    char *word = strchr(line, ' '), answer[300];
    if (!word) return 1;
    *word++ = 0;
    if (!strcasecmp(word, "CAPABILITY") && say(fd, capability)) return 1;
    if (!strcasecmp(word, "LOGOUT") && say(fd, bye)) return 1;
    snprintf(answer, sizeof answer, "%.200s OK done\r\n", line);
    if (say(fd, answer)) return 1;
    if (!strcasecmp(word, "LOGOUT")) return 1;
  }
  return 0;
}

int main(int count, char **word) {
  signal(SIGPIPE, SIG_IGN);
  imap = count > 2 && !strcmp(word[2], "imap");
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(word[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (void *)&at, sizeof at) || listen(listener, 16384)) {
    perror("bind");
    return 1;
  }
  for (int more = count > 3 ? atoi(word[3]) - 1 : 0; more > 0; more--)
    if (!fork()) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      break;
    }
  memset(out, 'a', sizeof out);
  int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listener}, events[512];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(poll, events, 512, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd, dead = (events[i].events & (EPOLLERR | EPOLLHUP)) != 0;
      if (fd == listener) {
        // A few at a time: the other processes want some, too.
        for (int n = 0; n < 16; n++) {
          int client = accept4(listener, 0, 0, SOCK_NONBLOCK);
          if (client < 0) break;
          setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          kind[client] = 0;
          event.events = EPOLLIN;
          event.data.fd = client;
          epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
          if (imap) say(client, greeting);
        }
        continue;
      }
      if (!dead && events[i].events & EPOLLIN) {
        ssize_t got = read(fd, in, sizeof in - 1);
        if (got <= 0) dead = !(got < 0 && errno == EAGAIN);
        else if (imap) dead = imap_lines(fd, got);
        else {
          if (!kind[fd] && (kind[fd] = in[0]) == 'D') {
            event.events = EPOLLIN | EPOLLOUT;
            event.data.fd = fd;
            epoll_ctl(poll, EPOLL_CTL_MOD, fd, &event);
          }
          if (kind[fd] == 'E') dead = write(fd, in, got) < 0 && errno != EAGAIN;
        }
      }
      for (int n = 0; !dead && kind[fd] == 'D' && n < 2; n++) {
        ssize_t sent = write(fd, out, sizeof out);
        if (sent < 0) dead = errno != EAGAIN;
        if (sent < (ssize_t)sizeof out) break;
      }
      if (dead) close(fd);
    }
  }
}
