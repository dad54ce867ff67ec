{
  "variables": { "bench%": 0 },
  "includes": ["bench/bench.gypi"],
  "targets": [
    {
      "target_name": "asyncore",
      "sources": [
        "native/addon.cc",
        "native/calls/address_call.cc",
        "native/calls/call.cc",
        "native/calls/constants.cc",
        "native/calls/descriptor_calls.cc",
        "native/calls/file_calls.cc",
        "native/calls/linux_calls.cc",
        "native/calls/poll_set_calls.cc",
        "native/calls/scan_calls.cc",
        "native/calls/signal_fd_calls.cc",
        "native/calls/socket_calls.cc",
        "native/calls/terminal_calls.cc",
        "native/calls/transfer_calls.cc",
        "native/calls/turn_calls.cc",
        "native/descriptors/address.cc",
        "native/descriptors/changed_terminals.cc",
        "native/descriptors/descriptor.cc",
        "native/descriptors/fatal_signals.cc",
        "native/descriptors/file_io.cc",
        "native/descriptors/open.cc",
        "native/descriptors/signal_mask.cc",
        "native/descriptors/terminal.cc",
        "native/environment.cc",
        "native/reactor/clock.cc",
        "native/reactor/inline_sleep.cc",
        "native/reactor/packed_set.cc",
        "native/reactor/parking.cc",
        "native/reactor/parking_policy.cc",
        "native/reactor/poll.cc",
        "native/reactor/poll_set.cc",
        "native/reactor/select.cc",
        "native/reactor/turn.cc",
        "native/reactor/uv_turn.cc",
        "native/reactor/waiter.cc",
        "native/reactor/wake_up.cc"
      ],
      "include_dirs": ["native"],
      "dependencies": [
        "<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except"
      ],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden", "-fstack-protector-strong"],
      "cflags_cc": ["-std=c++17"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti"],
      "ldflags": ["-Wl,-z,relro,-z,now"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      }
    }
  ]
}
