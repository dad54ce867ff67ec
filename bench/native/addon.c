// The benchmark's own addon: run(name, ...arguments) runs one of the programs on libuv and does
// not return before it ends; pipe() makes the pipes that Node itself cannot.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "support.h"
#include "uv_programs.h"

#define MOST_ARGUMENTS 32

static const struct program {
  const char* name;
  void (*run)(int argc, char** argv);
} programs[] = {
    {"stream-echo", uv_stream_echo},
    {"poll-echo", uv_poll_echo},
    {"pipe-ring", uv_pipe_ring},
    {"poll-ring", uv_poll_ring},
};

static char* text_of(napi_env env, napi_value value) {
  char* text = malloc(256);
  size_t length;
  text[0] = '\0';
  napi_get_value_string_utf8(env, value, text, 256, &length);
  return text;
}

static napi_value run(napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  size_t count = MOST_ARGUMENTS;
  char* arguments[MOST_ARGUMENTS] = {0};
  napi_get_cb_info(env, info, &count, values, NULL, NULL);
  if (count > MOST_ARGUMENTS) count = MOST_ARGUMENTS;
  for (size_t i = 0; i < count; i++) arguments[i] = text_of(env, values[i]);
  for (size_t i = 0; count > 0 && i < sizeof programs / sizeof *programs; i++) {
    if (strcmp(programs[i].name, arguments[0]) != 0) continue;
    programs[i].run((int)count, arguments);
    return NULL;
  }
  napi_throw_range_error(env, "ERR_INVALID_ARG_VALUE", "no program of this name");
  return NULL;
}

static napi_value make_pipe(napi_env env, napi_callback_info info) {
  (void)info;
  int ends[2];
  napi_value result, end;
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) {
    napi_throw_error(env, "EMFILE", strerror(errno));
    return NULL;
  }
  napi_create_array_with_length(env, 2, &result);
  for (uint32_t i = 0; i < 2; i++) {
    napi_create_int32(env, ends[i], &end);
    napi_set_element(env, result, i, end);
  }
  return result;
}

NAPI_MODULE_INIT() {
  // The structures were laid out by the header, the functions are the running binary's.
  if (uv_version() >> 8 != UV_VERSION_HEX >> 8) {
    napi_throw_error(env, NULL, "built with the uv.h of another libuv than this Node's");
    return NULL;
  }
  napi_value function;
  napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, NULL, &function);
  napi_set_named_property(env, exports, "run", function);
  napi_create_function(env, "pipe", NAPI_AUTO_LENGTH, make_pipe, NULL, &function);
  napi_set_named_property(env, exports, "pipe", function);
  return exports;
}
