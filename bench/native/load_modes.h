// The ways in which the load generator uses its connections, a function for each.
#ifndef ASYNCORE_BENCH_LOAD_MODES_H_
#define ASYNCORE_BENCH_LOAD_MODES_H_

#include "load.h"

void run_closed(struct load* load);  // `active` connections, spread evenly, always have a request
void run_burst(struct load* load);   // `active` random ones for 200 ms, then others
void run_random(struct load* load);  // `active` requests under way, each on a random connection
void run_open(struct load* load);    // requests at random times, whatever the answers do
void run_idle(struct load* load);    // no request at all
void run_hold(struct load* load);    // no request, until standard input ends
void run_churn(struct load* load);   // connect, one request, close, `active` at a time
void run_lines(struct load* load);   // lines of text without pause, counted by the server

#endif  // ASYNCORE_BENCH_LOAD_MODES_H_
